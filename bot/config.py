"""The configuration: one TOML file, under the environment, checked before anything starts."""

import ipaddress
import os
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, is_dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, get_type_hints

from pydantic import (
    AwareDatetime,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.contradictions import contradictions
from bot.forms_section import SubscriptionIds, TemplateIds
from bot.privacy_section import PrivacySection
from bot.section import NO_SECRET, Section, host_of
from bot.ways_section import SmsSection, WecomAppSection, WecomRobotSection
from storage.policies import TimebankRules
from storage.rules import (
    CheckinRules,
    DigestRules,
    DispatchRules,
    DrillRules,
    FamilyRules,
    HabitRules,
    HearingRules,
    LadderRules,
    LetterRules,
    ListRules,
    PairingRules,
    ProxyRules,
    RetentionRules,
    RotaRules,
    Rules,
    TieRules,
    WatchRules,
)

PREFIX = "SHOUWANG_"
WECHAT_API = "https://api.weixin.qq.com"
DATABASES = "database.url must begin with sqlite:/// or postgresql://"
FORMS = {
    "tuple_type": "a list, such as [15, 30, 60]",
    "too_short": "a list with something in it",
    "dict_type": "a table",
    "model_type": "a table",
    "dataclass_type": "a table",
}
"""What is said of a value that has not the form its key needs."""


class ConfigError(Exception):
    """What is wrong with the configuration, one sentence each, never with a secret in it."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class ServerSection(Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = ""
    dead_man_url: SecretStr = SecretStr("")
    dead_man_seconds: float = Field(default=60.0, gt=0)

    @field_validator("dead_man_url")
    @classmethod
    def is_empty_or_a_secret_address(cls, url: SecretStr) -> SecretStr:
        if url.get_secret_value() and not host_of(url.get_secret_value()):
            raise ValueError("server.dead_man_url must begin with https:// or http://")
        return url

    @field_validator("public_url")
    @classmethod
    def is_empty_or_an_address(cls, url: str) -> str:
        if url and not host_of(url):
            raise ValueError("server.public_url must begin with https:// or http://")
        return url


class DatabaseSection(Section):
    url: SecretStr = SecretStr("sqlite:///shouwang.sqlite3")

    @field_validator("url")
    @classmethod
    def is_one_we_speak(cls, url: SecretStr) -> SecretStr:
        try:
            spoken = make_url(url.get_secret_value())
        except (ArgumentError, ValueError):
            raise ValueError(DATABASES) from None
        if spoken.get_backend_name() not in {"sqlite", "postgresql", "postgres"}:
            raise ValueError(DATABASES)
        if spoken.get_backend_name() == "sqlite" and spoken.database in {None, "", ":memory:"}:
            raise ValueError("database.url must name a file: what is in memory is soon forgotten")
        return url


class WechatSection(Section):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    app_id: str = ""
    app_secret: SecretStr = SecretStr("")
    token: SecretStr = SecretStr("")
    encryption: Literal["plain", "compatible", "safe"] = "safe"
    encoding_aes_key: SecretStr = SecretStr("")
    api_base_url: str = WECHAT_API
    freshness_seconds: int = Field(default=300, ge=1)
    timeout_seconds: float = Field(default=5.0, gt=0)
    answer_within_seconds: float = Field(default=4.5, gt=0, lt=5)
    templates: TemplateIds = TemplateIds()
    subscriptions: SubscriptionIds = SubscriptionIds()
    messages_per_minute: int = Field(default=0, ge=0)
    templates_per_minute: int = Field(default=0, ge=0)
    subscriptions_per_minute: int = Field(default=0, ge=0)

    @field_validator("app_id")
    @classmethod
    def is_named(cls, app_id: str) -> str:
        if not app_id:
            raise ValueError("wechat.app_id is empty")
        return app_id

    @field_validator("token")
    @classmethod
    def is_a_token(cls, token: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[A-Za-z0-9]{3,32}", token.get_secret_value()):
            raise ValueError("wechat.token must be 3 to 32 letters and digits, and not empty")
        return token

    @field_validator("encoding_aes_key")
    @classmethod
    def is_a_key(cls, key: SecretStr, info: ValidationInfo) -> SecretStr:
        needed = info.data.get("encryption", "safe") != "plain" or key.get_secret_value()
        if needed and not re.fullmatch(r"[A-Za-z0-9]{43}", key.get_secret_value()):
            raise ValueError("wechat.encoding_aes_key must be exactly 43 letters and digits")
        return key

    @field_validator("subscriptions")
    @classmethod
    def are_not_shared(cls, subscriptions: SubscriptionIds) -> SubscriptionIds:
        if len(subscriptions.forms) < len(subscriptions.named):
            raise ValueError("wechat.subscriptions must name a template once: a consent is to one")
        return subscriptions

    @field_validator("api_base_url")
    @classmethod
    def is_an_address(cls, url: str) -> str:
        if not host_of(url):
            raise ValueError("wechat.api_base_url must begin with https:// or http://")
        return url.rstrip("/")


class LogSection(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"


class ClockSection(Section):
    start: AwareDatetime | None = None
    speed: float = Field(default=1.0, gt=0)


@dataclass(frozen=True, kw_only=True)
class HearingSection(HearingRules):
    api_key: SecretStr = NO_SECRET


class SimulatorSection(Section):
    enabled: bool = False
    port: int = Field(default=0, ge=0, le=65535)


class Environment(EnvSettingsSource):
    """The environment, where lists and tables are written as JSON: `[15, 30, 60]`."""

    def next_field(
        self, field: FieldInfo | Any | None, key: str, case_sensitive: bool | None = None
    ) -> FieldInfo | None:
        """Find a key in our plain dataclasses too, which pydantic would pass over."""
        section = field.annotation if isinstance(field, FieldInfo) else field
        if not is_dataclass(section):
            return super().next_field(field, key, case_sensitive)
        kind = get_type_hints(section, include_extras=True).get(key)
        return FieldInfo.from_annotation(kind) if kind else None

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """Leave what is no JSON as it is: the check of its key has the better words."""
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


class Config(BaseSettings):
    """Everything that can be set. The environment goes before the file."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    stands: ClassVar[bool] = False
    """Whether what was read goes before the environment after all."""

    server: ServerSection = ServerSection()
    database: DatabaseSection = DatabaseSection()
    wechat: WechatSection = Field(default_factory=WechatSection)
    wecom_robot: WecomRobotSection = WecomRobotSection()
    wecom_app: WecomAppSection = WecomAppSection()
    sms: SmsSection = SmsSection()
    checkin: CheckinRules = CheckinRules()
    watch: WatchRules = WatchRules()
    ladder: LadderRules = LadderRules()
    letters: LetterRules = LetterRules()
    pairing: PairingRules = PairingRules()
    hearing: HearingSection = HearingSection()
    digest: DigestRules = DigestRules()
    rota: RotaRules = RotaRules()
    timebank: TimebankRules = TimebankRules()
    habits: HabitRules = HabitRules()
    lists: ListRules = ListRules()
    drill: DrillRules = DrillRules()
    dispatch: DispatchRules = DispatchRules()
    family: FamilyRules = FamilyRules()
    ties: TieRules = TieRules()
    proxy: ProxyRules = ProxyRules()
    privacy: PrivacySection = PrivacySection()
    retention: RetentionRules = RetentionRules()
    clock: ClockSection = ClockSection()
    simulator: SimulatorSection = SimulatorSection()
    log: LogSection = LogSection()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Look at the environment, then at what was read from the file, and nowhere else."""
        environment = Environment(settings_cls)
        return (init_settings, environment) if cls.stands else (environment, init_settings)

    @property
    def brings_platform(self) -> bool:
        """Whether the simulator brings its own platform: it does, unless another is named."""
        port = self.simulator.port
        own = {WECHAT_API, f"http://127.0.0.1:{port}", f"http://localhost:{port}"}
        return self.simulator.enabled and self.wechat.api_base_url in own

    def _pairing_with_pictures(self) -> PairingRules:
        if self.pairing.pictures_at or not self.server.public_url:
            return self.pairing
        return replace(self.pairing, pictures_at=f"{self.server.public_url.rstrip('/')}/pair/")

    def _letters_by_templates(self) -> LetterRules:
        if self.letters.only_in_windows or self.wechat.templates.reminder:
            return self.letters
        return replace(self.letters, only_in_windows=("wechat",))

    @property
    def rules(self) -> Rules:
        return Rules(
            checkin=self.checkin,
            watch=self.watch,
            ladder=self.ladder,
            letters=self._letters_by_templates(),
            pairing=self._pairing_with_pictures(),
            hearing=self.hearing,
            digest=self.digest,
            rota=self.rota,
            timebank=self.timebank,
            habits=self.habits,
            lists=self.lists,
            drill=self.drill,
            dispatch=self.dispatch,
            family=self.family,
            ties=self.ties,
            proxy=self.proxy,
            retention=self.retention,
        )


class StandingConfig(Config):
    stands: ClassVar[bool] = True


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def load(path: Path | None) -> Config:
    """Read the file, lay the environment over it, and check all of it.

    Raises ConfigError with every fault at once. Without a file only the environment counts.
    """
    return _checked(Config, _read(path) if path is not None else {})


def load_values(values: dict[str, Any]) -> Config:
    """Check settings that nothing in the environment may change, and the rest as `load` does."""
    return _checked(StandingConfig, values)


def _checked(kind: type[Config], found: dict[str, Any]) -> Config:
    faults = _unknown_names()
    try:
        written = [found, Environment(Config)()]
        faults += _unsafe(written[::-1] if kind.stands else written)
        config = kind(**found)
        faults += contradictions(config.rules)
    except ValidationError as error:
        faults += _sentences(error.errors(include_input=False))
    if faults:
        raise ConfigError(faults)
    return config


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        raise ConfigError([f"there is no configuration at {path}"]) from None
    except OSError as error:
        raise ConfigError([f"{path} cannot be read: {error.strerror}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path} is not TOML: {_without_words(error)}"]) from None


def _without_words(error: Exception) -> str:
    """Say where, and not what: the line may hold a secret."""
    where = re.search(r"at line \d+, column \d+|at end of document", str(error))
    return f"it breaks {where.group()}" if where else "it is not UTF-8"


def _unsafe(written: list[dict[str, Any]]) -> list[str]:
    """Find settings that are right alone and dangerous together; what is written later wins."""
    server, wechat, clock, simulator = (
        _section(name, written) for name in ("server", "wechat", "clock", "simulator")
    )
    enabled = str(simulator.get("enabled", False)).lower() in {"true", "1", "yes", "on"}
    platform = str(wechat.get("api_base_url", WECHAT_API))
    brings_platform = enabled and platform.rstrip("/") == WECHAT_API
    faults = []
    if enabled and not _is_loopback(str(server.get("host", "127.0.0.1"))):
        faults.append("simulator.enabled needs server.host to be a loopback address")
    if enabled and not brings_platform and not _is_loopback(host_of(platform)):
        faults.append("simulator.enabled needs wechat.api_base_url to be left out, or on loopback")
    if clock.get("start") and not brings_platform and not _is_loopback(host_of(platform)):
        faults.append("clock.start needs wechat.api_base_url to be a loopback address")
    return faults


def _section(name: str, written: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return a section as it was written, before it is checked."""
    sections = [values.get(name) for values in written]
    return {key: s[key] for s in sections if isinstance(s, dict) for key in s}


def _unknown_names() -> list[str]:
    """Find misspelt names in the environment: pydantic would pass over them in silence."""
    return [
        f"the environment names {name}, but there is no section {section}"
        for name in sorted(os.environ)
        if name.startswith(PREFIX)
        and "__" in name
        and (section := name.removeprefix(PREFIX).split("__", 1)[0].lower())
        not in Config.model_fields
    ]


def _sentences(faults: list[ErrorDetails]) -> list[str]:
    """Say each; a list of faulty things is not also called too short."""
    inside = {fault["loc"][:-1] for fault in faults}
    return [
        _sentence(fault)
        for fault in faults
        if not (fault["type"] == "too_short" and fault["loc"] in inside)
    ]


def _sentence(fault: ErrorDetails) -> str:
    key = ".".join(str(part) for part in fault["loc"])
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        return f"{key} is no setting of ours"
    if fault["type"] == "value_error":
        return message
    if fault["type"] == "missing":
        return f"{key} is missing"
    if fault["type"] == "timezone_aware":
        return f"{key} needs a time zone, such as 2026-11-23T06:00:00+08:00"
    if fault["type"] in FORMS:
        return f"{key} must be {FORMS[fault['type']]}"
    return f"{key}: {message[:1].lower()}{message[1:]}"
