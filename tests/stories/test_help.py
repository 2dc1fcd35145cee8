"""帮助: everything it names is answered to whoever it is named to, and to nobody strange."""

import re
from datetime import timedelta
from itertools import combinations

import pytest

from handlers.help import words as help_words
from handlers.stranger.words import WELCOME
from handlers.ties.words import ASKED
from storage.people import Role
from tests.families import joins
from tests.village import Village

WHO = {
    Role.ELDER: "wang",
    Role.FAMILY: "xiaomei",
    Role.VOLUNTEER: "liushen",
    Role.LEADER: "dashan",
    Role.COORDINATOR: "zhang",
    Role.DOCTOR: "doctor",
    Role.SUPERVISOR: "sheng",
}
MINUTE = timedelta(minutes=1)
FILLED = {"姓名": "王秀英", "号码": "1234", "服务码": "5678", "您的话": "周六来吗"}
UNHEARD = re.compile(
    f"{help_words.UNSURE}|.*听到您了。平安请回1.*|.*没听明白.*|.*来问问您.*|.*，收到了。"
)


def commands(role: Role) -> list[str]:
    """Return what 帮助 tells a role to say, on all its pages, with names and numbers filled in."""
    pages = {help_words.for_roles(frozenset({role}), page) for page in (1, 2, 3)}
    named = re.findall(r"[回或]：([^，。\n]+)", "\n".join(sorted(pages)))
    return [_filled(one) for one in named]


def _filled(command: str) -> str:
    for blank, with_this in FILLED.items():
        command = command.replace(blank, with_this)
    return command


TO_STRANGERS = ("", WELCOME, ASKED)
"""Whoever asks to be tied hears ASKED, whether or not there is such an elder."""


@pytest.mark.parametrize("home", [("sqlite_url", "simulator")], indirect=True, ids=["simulator"])
async def test_all_that_is_named_is_answered_and_to_no_stranger(village: Village) -> None:
    await joins(village, "doctor", "钱大夫", "male", role=Role.DOCTOR)
    await village.until("06:30")
    for role, person in WHO.items():
        for number, command in enumerate(commands(role)):
            answer = await village.says(person, command)
            assert answer, (role, command)
            assert not UNHEARD.fullmatch(answer), (role, command, answer)
            stranger = f"stranger{role}{number}"
            assert await village.says(stranger, command) in TO_STRANGERS, (role, command)
            village.clock.move_to(village.clock.now() + MINUTE)


@pytest.mark.parametrize("number", range(1, len(Role) + 1))
def test_a_page_is_no_longer_than_a_telephone_shows(number: int) -> None:
    for roles in combinations(Role, number):
        pages = [help_words.for_roles(frozenset(roles), page) for page in range(1, 6)]
        for page in pages:
            assert len(page.splitlines()) <= 12
        everything = "\n".join(pages)
        for role in roles:
            assert all(
                line in everything for line in help_words.for_roles(frozenset({role})).splitlines()
            )


def test_each_hears_of_his_own_roles_and_of_no_other() -> None:
    assert "演练" not in help_words.for_roles(frozenset({Role.FAMILY}))
    assert "传话" not in help_words.for_roles(frozenset({Role.VOLUNTEER}))
    both = frozenset({Role.ELDER, Role.VOLUNTEER})
    assert "回1报平安" in help_words.for_roles(both)
    assert "接单" in help_words.for_roles(both)
    assert len(help_words.for_roles(both).splitlines()) == len(
        set(help_words.for_roles(both).splitlines())
    )
