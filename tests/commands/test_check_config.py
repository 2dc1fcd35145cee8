"""`check-config` says all that is wrong at once, one sentence each, and never a secret."""

from datetime import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.config import ConfigError, load
from bot.forms_section import TemplateIds

SECRETS = (
    "plantedappsecret",
    "plantedtoken",
    "plantedplantedplantedplantedplantedplanted1",
    "cGxhbnRlZHBsYW50ZWRwbGFudGVkcGxhbnRlZHBsYW4=",
)
EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
GOOD = """
[server]
port = 8471
[database]
url = "postgresql://keeper:plantedpassword@127.0.0.1/county"
[wechat]
app_id = "wx0123456789abcdef"
app_secret = "plantedappsecret"
token = "plantedtoken"
encoding_aes_key = "plantedplantedplantedplantedplantedplanted1"
[privacy]
keys = ["cGxhbnRlZHBsYW50ZWRwbGFudGVkcGxhbnRlZHBsYW4="]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "village.toml"
    file.write_text(GOOD, encoding="utf-8")
    return file


def say(*arguments: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments], env=environment)


def faults(file: Path, **environment: str) -> list[str]:
    """Return the sentences said about a configuration that must not start."""
    result = say("check-config", "--config", file, **environment)
    assert result.exit_code == 1
    first, *others = result.output.strip().splitlines()
    return [first.removeprefix("Error: "), *others]


def changed(file: Path, was: str, becomes: str) -> Path:
    text = file.read_text(encoding="utf-8")
    assert was in text
    file.write_text(text.replace(was, becomes), encoding="utf-8")
    return file


def test_a_good_configuration_is_called_so(config: Path) -> None:
    result = say("check-config", "--config", config)
    assert (result.exit_code, result.output.count("\n")) == (0, 1)
    assert "127.0.0.1:8471" in result.output


def test_a_village_without_a_key_is_warned_and_told_how_to_make_one(config: Path) -> None:
    result = say("check-config", "--config", changed(config, 'keys = ["cGx', '# ["'))
    assert result.exit_code == 0
    assert "plain text: make a key with `shouwang privacy key`" in result.output


def test_the_file_is_named_before_or_after_the_command_or_in_the_environment(
    config: Path,
) -> None:
    for result in (
        say("--config", config, "check-config"),
        say("check-config", "--config", config),
        say("check-config", SHOUWANG_CONFIG=str(config)),
    ):
        assert "127.0.0.1:8471" in result.output


def test_what_is_named_last_counts(config: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(GOOD.replace("8471", "8472"), encoding="utf-8")
    named = say("--config", other, "check-config", "--config", config)
    assert "127.0.0.1:8471" in named.output
    in_environment = say("check-config", "--config", config, SHOUWANG_CONFIG=str(other))
    assert "127.0.0.1:8471" in in_environment.output


def test_without_a_name_it_is_the_file_beside_us(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config.rename(tmp_path / "config.toml")
    assert "127.0.0.1:8471" in say("check-config").output


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    (sentence,) = faults(tmp_path / "nowhere.toml")
    assert sentence == f"there is no configuration at {tmp_path / 'nowhere.toml'}"


def test_any_setting_can_come_from_the_environment(config: Path) -> None:
    assert (
        "127.0.0.1:9000"
        in say("check-config", "--config", config, SHOUWANG_SERVER__PORT="9000").output
    )
    (sentence,) = faults(config, SHOUWANG_WECHAT__TOKEN="")
    assert sentence.startswith("wechat.token must be")


def test_lists_and_tables_come_from_the_environment_as_json(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOUWANG_LADDER__REPEAT_MINUTES", "[5, 10]")
    monkeypatch.setenv("SHOUWANG_LADDER__STEPS", '[["leader"], ["family", "coordinators"]]')
    monkeypatch.setenv("SHOUWANG_WECHAT__TEMPLATES", '{"missed": "m-1"}')
    monkeypatch.setenv("SHOUWANG_WECHAT__TEMPLATES__REMINDER", "r-1")
    monkeypatch.setenv("SHOUWANG_CHECKIN", '{"closes": "10:00"}')
    loaded = load(config)
    assert loaded.ladder.repeat_minutes == (5, 10)
    assert loaded.ladder.steps == (("leader",), ("family", "coordinators"))
    assert loaded.wechat.templates == TemplateIds(missed="m-1", reminder="r-1")
    assert loaded.checkin.closes == time(10, 0)


@pytest.mark.parametrize("value", ["15", "15,30", "[15", ""])
def test_a_list_that_is_none_is_named_by_its_key(config: Path, value: str) -> None:
    assert faults(config, SHOUWANG_LADDER__REPEAT_MINUTES=value) == [
        "ladder.repeat_minutes must be a list, such as [15, 30, 60]"
    ]


def test_a_table_that_is_none_is_named_by_its_key(config: Path) -> None:
    assert faults(config, SHOUWANG_LADDER="15", SHOUWANG_LOG="[]") == [
        "ladder must be a table",
        "log must be a table",
    ]


def test_without_a_file_the_environment_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = say(
        "check-config",
        SHOUWANG_WECHAT__APP_ID="wx0123456789abcdef",
        SHOUWANG_WECHAT__TOKEN="plantedtoken",
        SHOUWANG_WECHAT__ENCODING_AES_KEY=SECRETS[2],
    )
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("was", "becomes", "sentence"),
    [
        ("port = 8471", "prot = 8471", "server.prot is no setting of ours"),
        ("[server]", "[sevrer]", "sevrer is no setting of ours"),
        (
            "[server]",
            "[checkin]\ngrace = 3\n[server]",
            "checkin.grace is no setting of ours",
        ),
        ('"plantedtoken"', '""', "wechat.token must be 3 to 32 letters and digits, and not empty"),
        (
            '"plantedtoken"',
            '"planted token"',
            "wechat.token must be 3 to 32 letters and digits, and not empty",
        ),
        (
            "planted1",
            "planted",
            "wechat.encoding_aes_key must be exactly 43 letters and digits",
        ),
        ('"wx0123456789abcdef"', '""', "wechat.app_id is empty"),
        (
            '"postgresql:',
            '"mysql:',
            "database.url must begin with sqlite:/// or postgresql://",
        ),
        (
            "[server]",
            '[clock]\nstart = "2026-11-23T06:00:00+08:00"\n[server]',
            "clock.start needs wechat.api_base_url to be a loopback address",
        ),
        (
            "[server]",
            "[simulator]\nenabled = true\n[server]\nhost = '0.0.0.0'",
            "simulator.enabled needs server.host to be a loopback address",
        ),
        (
            "[wechat]",
            "[simulator]\nenabled = true\n[wechat]\napi_base_url = 'https://api2.weixin.qq.com'",
            "simulator.enabled needs wechat.api_base_url to be left out, or on loopback",
        ),
    ],
)
def test_each_fault_is_one_sentence(config: Path, was: str, becomes: str, sentence: str) -> None:
    assert faults(changed(config, was, becomes)) == [sentence]


A_LIST = "must be a list with something in it"


@pytest.mark.parametrize(
    ("section", "line", "sentence"),
    [
        ("ladder", "steps = []", f"ladder.steps {A_LIST}"),
        ("ladder", "steps = [[]]", f"ladder.steps.0 {A_LIST}"),
        ("ladder", "crisis_steps = []", f"ladder.crisis_steps {A_LIST}"),
        ("ladder", "repeat_minutes = []", f"ladder.repeat_minutes {A_LIST}"),
        ("ladder", "crisis_repeat_minutes = []", f"ladder.crisis_repeat_minutes {A_LIST}"),
        (
            "ladder",
            "repeat_minutes = [0]",
            "ladder.repeat_minutes.0: input should be greater than 0",
        ),
        ("ladder", "wait_minutes = -1", "ladder.wait_minutes: input should be greater than 0"),
        ("ladder", "promise_minutes = 0", "ladder.promise_minutes: input should be greater than 0"),
        (
            "checkin",
            "grace_minutes = -5",
            "checkin.grace_minutes: input should be greater than or equal to 0",
        ),
        (
            "checkin",
            "remind_before_minutes = 181",
            "checkin.remind_before_minutes must be no longer than from checkin.opens to closes",
        ),
        (
            "checkin",
            "list_at = 09:00:00",
            "checkin.list_at must lie between checkin.opens and checkin.closes",
        ),
        ("checkin", "closes = 05:59:00", "checkin.closes must be later than checkin.opens"),
        (
            "checkin",
            "day_starts = 09:00:00",
            "checkin.closes must be later than checkin.day_starts",
        ),
        (
            "letters",
            "kept_for_alarms = 6",
            "letters.kept_for_alarms must not be more than letters.message_window_sends",
        ),
        (
            "letters",
            "quiet_from = 00:30:00",
            "letters.quiet_from must be later than letters.quiet_until: the quiet is at night",
        ),
        (
            "digest",
            "evening = 09:00:00",
            "digest.evening must be later than digest.morning",
        ),
        (
            "digest",
            "evening = 21:30:00",
            "digest.evening must be earlier than letters.quiet_from: it would wait for morning",
        ),
        ("letters", "at_once = 0", "letters.at_once: input should be greater than 0"),
        ("habits", "needed_days = 29", "habits.needed_days must not be more than habits.days"),
        (
            "habits",
            "reckon_at = 08:00:00",
            "habits.reckon_at must be later than habits.latest and checkin.closes",
        ),
        (
            "habits",
            "shortest_minutes = 500",
            "habits.latest must be habits.shortest_minutes later than habits.earliest, or more",
        ),
        ("pairing", "tries = 0", "pairing.tries: input should be greater than 0"),
        ("hearing", "seconds = 0", "hearing.seconds: input should be greater than 0"),
        (
            "dispatch",
            "collect_minutes = 61",
            "dispatch.collect_minutes must not be longer than dispatch.answer_minutes",
        ),
        (
            "dispatch",
            "confirm_hours = 24",
            "dispatch.remind_hours must be shorter than dispatch.confirm_hours",
        ),
        (
            "dispatch",
            "week_minutes = 200",
            "dispatch.day_minutes must not be more than dispatch.week_minutes",
        ),
    ],
)
def test_what_would_switch_the_watch_off_is_refused(
    config: Path, section: str, line: str, sentence: str
) -> None:
    changed(config, "[server]", f"[{section}]\n{line}\n[server]")
    assert faults(config) == [sentence]


def test_a_crisis_may_go_without_later_questions(config: Path) -> None:
    changed(config, "[server]", "[ladder]\ncrisis_follow_up_hours = []\n[server]")
    assert load(config).ladder.crisis_follow_up_hours == ()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("sqlite", "database.url must begin with sqlite:/// or postgresql://"),
        (
            "postgresql://keeper:planted@far:port/x",
            "database.url must begin with sqlite:/// or postgresql://",
        ),
        ("sqlite://", "database.url must name a file: what is in memory is soon forgotten"),
        (
            "sqlite:///:memory:",
            "database.url must name a file: what is in memory is soon forgotten",
        ),
    ],
)
def test_a_database_that_cannot_be_meant_is_refused(config: Path, url: str, sentence: str) -> None:
    assert faults(config, SHOUWANG_DATABASE__URL=url) == [sentence]


@pytest.mark.parametrize("command", ["migrate", "serve"])
def test_a_folder_that_cannot_be_made_is_named(config: Path, command: str) -> None:
    url = f"sqlite:///{config}/no-folder/village.sqlite3"
    result = say(command, "--config", config, SHOUWANG_DATABASE__URL=url)
    assert (result.exit_code, result.output) == (1, f"Error: {config}/no-folder: Not a directory\n")


@pytest.mark.parametrize(
    "url", ["garbage", "ftp://care.example", "https://", "http://[", "http://a:b"]
)
def test_an_address_must_be_one(config: Path, url: str) -> None:
    assert faults(config, SHOUWANG_SERVER__PUBLIC_URL=url, SHOUWANG_WECHAT__API_BASE_URL=url) == [
        "server.public_url must begin with https:// or http://",
        "wechat.api_base_url must begin with https:// or http://",
    ]


@pytest.mark.parametrize(
    ("section", "line", "sentence"),
    [
        (
            "wechat.templates.fields.missed",
            'phone_number1 = "about"',
            "the template for missed: phone_number1 can only be filled from =fixed words",
        ),
        (
            "wechat.subscriptions",
            'missed = "T"\nemergency = "T"',
            "wechat.subscriptions must name a template once: a consent is to one",
        ),
    ],
)
def test_what_a_template_cannot_do_is_said(
    config: Path, section: str, line: str, sentence: str
) -> None:
    changed(config, "[server]", f"[{section}]\n{line}\n[server]")
    assert faults(config) == [sentence]


ADDRESS = "must begin with https:// or http://"


@pytest.mark.parametrize(
    ("section", "line", "sentence"),
    [
        ("wecom_robot", 'url = "planted"', f"wecom_robot.url {ADDRESS}"),
        (
            "wecom_robot.villages",
            '"李家沟" = "ftp://planted"',
            f"wecom_robot.villages.李家沟 {ADDRESS}",
        ),
        ("wecom_robot.villages", '"李家沟" = ""', "wecom_robot.villages.李家沟 is empty"),
        (
            "wecom_robot",
            "per_minute = -1",
            "wecom_robot.per_minute: input should be greater than or equal to 0",
        ),
        ("wecom_robot.mentions", '"李家沟" = 1', "wecom_robot.mentions.李家沟 must be a list"),
        (
            "wecom_app",
            'corp_id = "ww0"\nsecret = "planted"',
            "wecom_app.agent_id must be set where wecom_app is used",
        ),
        (
            "wecom_app",
            "agent_id = 7",
            "wecom_app.corp_id and wecom_app.secret must be set where wecom_app is used",
        ),
        ("wecom_app", 'api_base_url = "planted"', f"wecom_app.api_base_url {ADDRESS}"),
        ("sms", 'url = "planted"', f"sms.url {ADDRESS}"),
        (
            "sms",
            'url = "https://planted.example"\nsecret = "planted"',
            "sms.secret must be at least 16 characters long",
        ),
        ("sms", "most_segments = 0", "sms.most_segments: input should be greater than 0"),
        ("sms", 'scret = "planted"', "sms.scret is no setting of ours"),
    ],
)
def test_a_way_that_cannot_work_is_refused_in_one_sentence(
    config: Path, section: str, line: str, sentence: str
) -> None:
    changed(config, "[server]", f"[{section}]\n{line}\n[server]")
    (said,) = faults(config)
    assert said.startswith(sentence)
    assert "planted" not in said


def test_a_robot_s_address_and_a_gateway_s_are_never_shown(config: Path) -> None:
    changed(
        config,
        "[server]",
        '[wecom_robot]\nurl = "https://planted"\n[wecom_robot.villages]\n'
        '"李家沟" = "https://planted?key=planted"\n'
        '[sms]\nurl = "https://planted"\nsecret = "plantedplantedplanted"\n[server]',
    )
    loaded = load(config)
    assert "planted" not in repr(loaded) + str(loaded.model_dump())


def test_the_example_shows_every_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOUWANG_WECHAT__APP_ID", "wx0123456789abcdef")
    monkeypatch.setenv("SHOUWANG_WECHAT__TOKEN", "plantedtoken")
    monkeypatch.setenv("SHOUWANG_WECHAT__ENCODING_AES_KEY", SECRETS[2])
    assert load(EXAMPLE) == load(None)


def test_an_hour_without_a_zone_is_refused(config: Path) -> None:
    changed(config, "[server]", '[clock]\nstart = "2026-11-23T06:00:00"\n[server]')
    changed(config, "[wechat]", '[wechat]\napi_base_url = "http://127.0.0.1:9/"')
    (sentence,) = faults(config)
    assert sentence == "clock.start needs a time zone, such as 2026-11-23T06:00:00+08:00"


def test_all_faults_are_said_at_once(config: Path) -> None:
    changed(config, "port = 8471", "port = 84710\nprot = 1")
    changed(config, '"plantedtoken"', '""')
    changed(config, "planted1", "planted")
    changed(config, "[wechat]", "[clock]\nstart = 2026-11-23T06:00:00+08:00\n[wechat]")
    said = faults(config, SHOUWANG_SEVRER__PORT="1", SHOUWANG_LOG__LEVEL="loud")
    assert len(said) == 7
    for part in ("SHOUWANG_SEVRER__PORT", "clock.start", "server.port", "server.prot"):
        assert sum(part in sentence for sentence in said) == 1, said
    for part in ("wechat.token", "wechat.encoding_aes_key", "log.level"):
        assert sum(part in sentence for sentence in said) == 1, said


@pytest.mark.parametrize("command", ["check-config", "serve"])
def test_what_is_named_and_is_not_there_stops_the_start(
    config: Path, tmp_path: Path, command: str
) -> None:
    result = say(
        command,
        "--config",
        config,
        SHOUWANG_HEARING__EXTRA_RULES=str(tmp_path / "nope.toml"),
        SHOUWANG_HEARING__TRANSCRIBER="http",
    )
    rules, transcriber = result.output.splitlines()
    assert result.exit_code == 1
    assert rules.startswith("Error: hearing.extra_rules: nope.toml: cannot be read")
    assert transcriber.startswith("hearing.transcriber is http, but hearing.url does not begin")


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_no_command_starts_on_a_faulty_configuration(config: Path, command: str) -> None:
    changed(config, "port = 8471", "prot = 8471")
    result = say(command, "--config", config)
    assert (result.exit_code, result.output) == (1, "Error: server.prot is no setting of ours\n")


@pytest.mark.parametrize(
    "environment",
    [
        {"SHOUWANG_CLOCK__START": "2026-11-23T06:00:00+08:00"},
        {"shouwang_clock__start": "2026-11-23T06:00:00+08:00"},
        {"SHOUWANG_CLOCK": '{"start": "2026-11-23T06:00:00+08:00"}'},
    ],
)
def test_no_way_into_the_environment_slips_past_the_clock_rule(
    config: Path, environment: dict[str, str]
) -> None:
    assert faults(config, **environment) == [
        "clock.start needs wechat.api_base_url to be a loopback address"
    ]


# --- secrets


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('app_secret = "plantedappsecret"', 'app_secrets = "plantedappsecret"'),
        ('token = "plantedtoken"', 'token = "plantedtoken!"'),
        ("planted1", "planted123"),
        ('app_secret = "plantedappsecret"', 'app_secret = ["plantedappsecret"]'),
        ('app_secret = "plantedappsecret"', "app_secret = plantedappsecret"),
        ('"postgresql://keeper', '"mysql://keeper'),
        ('url = "postgresql', 'urls = "postgresql'),
    ],
)
def test_a_fault_is_told_without_the_secret_in_it(config: Path, was: str, becomes: str) -> None:
    said = "\n".join(faults(changed(config, was, becomes)))
    assert "planted" not in said


def test_the_environment_keeps_its_secrets_too(config: Path) -> None:
    for name, value in (
        ("SHOUWANG_WECHAT__TOKEN", "planted token"),
        ("SHOUWANG_WECHAT__APP_SECRETS", "plantedappsecret"),
        ("SHOUWANG_WECHAT", '{"token": "planted token"'),
        ("SHOUWANG_WECHTA__TOKEN", "plantedtoken"),
    ):
        assert "planted" not in "\n".join(faults(config, **{name: value}))


def test_neither_repr_nor_error_holds_a_secret(config: Path) -> None:
    shown = repr(load(config)) + str(load(config).model_dump())
    changed(config, '"plantedtoken"', '"planted token"')
    with pytest.raises(ConfigError) as refusal:
        load(config)
    shown += repr(refusal.value) + str(refusal.value)
    assert refusal.value.__cause__ is None
    assert "planted" not in shown
