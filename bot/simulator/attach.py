"""Brings the simulated platform along with a house: its own server, and the page of phones."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web
from pydantic import SecretStr
from sqlalchemy import select

from bot.channels.wechat_message import CHANNEL
from bot.config import Config
from bot.forms_section import TemplateIds
from bot.simulator.account import Account
from bot.simulator.phones import PhoneOwner
from bot.simulator.platform import SimulatedPlatform
from schedules.clock import Clock
from storage import people
from storage.database import Database
from storage.people import Identity

MOST_PHONES = 60
FIELDS = {"thing1": "对象", "time2": "时间", "thing3": "事项"}
TITLES = {
    "missed": "未报平安提醒",
    "emergency": "紧急求助提醒",
    "all_clear": "平安通知",
    "reminder": "报平安提醒",
    "offer": "志愿服务邀请",
    "confirmation": "服务确认提醒",
    "digest": "每日小结",
}
_ROLE_WORDS = {
    "elder": "老人",
    "family": "家人",
    "volunteer": "志愿者",
    "leader": "组长",
    "coordinator": "协调员",
    "doctor": "村医",
    "supervisor": "督导",
}


def simulated_account(config: Config) -> Account:
    wechat = config.wechat
    return Account(
        app_id=wechat.app_id,
        app_secret=wechat.app_secret.get_secret_value(),
        token=wechat.token.get_secret_value(),
        encoding_aes_key=wechat.encoding_aes_key.get_secret_value(),
        encryption=wechat.encryption,
    )


@asynccontextmanager
async def simulated_platform(
    config: Config, clock: Clock
) -> AsyncIterator[tuple[SimulatedPlatform, Config]]:
    """Run a platform on loopback; yield it, and the configuration that speaks to it.

    Where the configuration names a platform of its own, ours only carries what phones say.
    """
    platform = SimulatedPlatform(clock=clock, account=simulated_account(config))
    for name, title in TITLES.items():
        platform.add_template(f"simulated-{name}", title, FIELDS)
    runner = web.AppRunner(platform.application(), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", config.simulator.port)
        await site.start()
        yield platform, _speaking_to(config, f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()


def _speaking_to(config: Config, url: str) -> Config:
    if not config.brings_platform:
        return config
    named = TemplateIds.model_validate({name: f"simulated-{name}" for name in TITLES})
    secret = config.wechat.app_secret.get_secret_value() or "simulated"
    wechat = config.wechat.model_copy(
        update={"api_base_url": url, "templates": named, "app_secret": SecretStr(secret)}
    )
    return config.model_copy(update={"wechat": wechat})


async def let_the_village_follow(platform: SimulatedPlatform, database: Database) -> None:
    """Let everybody with a phone on WeChat follow, as she did long before this platform opened."""
    async with database.reading() as session:
        openids = await session.scalars(select(Identity.address).where(Identity.channel == CHANNEL))
        platform.followed_earlier(*openids)


async def phone_owners(database: Database) -> Sequence[PhoneOwner]:
    """Return who has a phone on WeChat, for the page; a county does not fit on one."""
    async with database.reading() as session:
        owners = await people.phone_owners(session, CHANNEL, MOST_PHONES)
    return [
        PhoneOwner(
            owner.address,
            owner.name,
            " · ".join(_ROLE_WORDS[role] for role in owner.roles),
            owner.group,
        )
        for owner in owners
    ]
