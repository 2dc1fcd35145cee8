"""The planner, asked about any letter, any windows, any hour: what it must never do."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from schedules.planner import Because, Known, Plan, Rest, plan, use_up
from schedules.transport import Outgoing
from storage.letters import Urgency
from storage.rules import VILLAGE_TIME, LetterRules
from storage.windows import EVENT, MESSAGE, Left

RULES = LetterRules()
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=VILLAGE_TIME)
WANG, AT_WORK = ("wechat", "wang"), ("wecom", "wang")


@dataclass(frozen=True)
class OfWay:
    """A way that is never asked to carry anything: planning sends nothing."""

    name: str
    channel: str = "wechat"
    needs_window: bool = False
    needs_consent: bool = False
    forms: Collection[str] | None = None
    alarms_only: bool = False
    per_minute: int | None = None

    async def send(self, letter: Outgoing) -> str:
        raise AssertionError(letter)


CHAT = OfWay("chat", needs_window=True)
CARD = OfWay("card", forms={"missed", "digest"})
NOTICE = OfWay("notice", needs_consent=True, forms={"missed", "digest"})
WORK = OfWay("work", channel="wecom")
SMS = OfWay("sms", channel="wecom", alarms_only=True)
WAYS = (CHAT, CARD, NOTICE, WORK, SMS)


def planned(
    urgency: Urgency,
    known: Known | None = None,
    *,
    form: str = "missed",
    resting: dict[str, Rest] | None = None,
    now: datetime = NOON,
    addresses: Collection[tuple[str, str]] = (WANG,),
) -> Plan:
    return plan(urgency, form, list(addresses), known or Known(), WAYS, resting or {}, now, RULES)


def ways_of(found: Plan) -> list[str]:
    return [step.way.name for step in found.steps]


def window(sends: int, kind: str = MESSAGE) -> Known:
    return Known(windows={WANG: [Left(kind, sends, NOON + timedelta(hours=6))]})


def test_an_open_window_goes_before_a_card() -> None:
    found = planned(Urgency.ALARM, window(5))
    assert ways_of(found) == ["chat", "card"]
    assert found.looks[0].because is Because.WINDOW
    assert found.looks[0].until == NOON + timedelta(hours=6)
    assert found.looks[0].left == 5


def test_two_of_five_sends_are_kept_for_alarms() -> None:
    assert ways_of(planned(Urgency.NOTICE, window(3))) == ["chat", "card"]
    assert ways_of(planned(Urgency.NOTICE, window(2))) == ["card"]
    assert planned(Urgency.NOTICE, window(2)).looks[0].because is Because.KEPT
    assert ways_of(planned(Urgency.ALARM, window(1))) == ["chat", "card"]


def test_of_the_minute_after_a_click_nothing_is_kept() -> None:
    assert ways_of(planned(Urgency.REMINDER, window(1, EVENT))) == ["chat", "card"]


def test_an_alarm_knocks_last_at_a_window_that_seems_shut() -> None:
    assert ways_of(planned(Urgency.ALARM)) == ["card", "chat"]
    assert ways_of(planned(Urgency.NOTICE)) == ["card"]


def test_a_consent_is_good_for_one_letter() -> None:
    known = Known(consents={WANG: {"digest": 1}}, declined=frozenset([WANG]))
    first = planned(Urgency.NOTICE, known, form="digest")
    assert ways_of(first) == ["notice"]
    use_up(first.steps[0], Urgency.NOTICE, known, RULES)
    assert ways_of(planned(Urgency.NOTICE, known, form="digest")) == []


def test_cards_are_rationed_by_the_day_and_an_alarm_is_not() -> None:
    known = Known(cards={WANG: 1})
    first = planned(Urgency.NOTICE, known)
    use_up(first.steps[0], Urgency.NOTICE, known, RULES)
    assert planned(Urgency.NOTICE, known).looks[1].because is Because.ENOUGH
    assert ways_of(planned(Urgency.ALARM, known)) == ["card", "chat"]


def test_who_wants_no_cards_gets_none_but_alarms() -> None:
    known = Known(declined=frozenset([WANG]))
    assert planned(Urgency.REMINDER, known).looks[1].because is Because.DECLINED
    assert "card" in ways_of(planned(Urgency.ALARM, known))


def test_a_form_without_a_template_is_no_way() -> None:
    assert ways_of(planned(Urgency.ALARM, form="offer")) == ["chat"]


def test_what_costs_money_carries_only_alarms() -> None:
    assert ways_of(planned(Urgency.NOTICE, addresses=[AT_WORK])) == ["work"]
    assert ways_of(planned(Urgency.ALARM, addresses=[AT_WORK])) == ["work", "sms"]


def test_what_is_no_alarm_waits_for_a_better_way_that_is_only_tired() -> None:
    soon = NOON + timedelta(seconds=30)
    tired = {"chat": Rest(soon, is_short=True)}
    assert planned(Urgency.NOTICE, window(5), resting=tired).back == soon
    assert ways_of(planned(Urgency.ALARM, window(5), resting=tired)) == ["card"]
    used_up = {"chat": Rest(soon + timedelta(hours=9))}
    assert ways_of(planned(Urgency.NOTICE, window(5), resting=used_up)) == ["card"]


# --- whatever comes

MOMENTS = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2027, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
LEFTS = st.lists(
    st.builds(
        Left,
        st.sampled_from([MESSAGE, EVENT]),
        st.integers(0, 5),
        MOMENTS,
    ),
    max_size=2,
)
FORMS = st.sampled_from(["", "missed", "digest", "offer"])
ADDRESSES = st.lists(st.sampled_from([WANG, AT_WORK]), unique=True, max_size=2)


@st.composite
def knowns(draw: st.DrawFn) -> Known:
    return Known(
        windows=draw(st.fixed_dictionaries({}, optional={WANG: LEFTS})),
        consents=draw(
            st.dictionaries(
                st.just(WANG), st.dictionaries(FORMS, st.integers(0, 2), max_size=2), max_size=1
            )
        ),
        cards=draw(st.dictionaries(st.just(WANG), st.integers(0, 3), max_size=1)),
        declined=draw(st.frozensets(st.just(WANG), max_size=1)),
    )


@st.composite
def rests(draw: st.DrawFn, now: datetime) -> dict[str, Rest]:
    names = draw(st.sets(st.sampled_from([way.name for way in WAYS])))
    return {
        name: Rest(now + timedelta(seconds=draw(st.integers(1, 90_000))), draw(st.booleans()))
        for name in names
    }


@given(st.data(), st.sampled_from(Urgency), FORMS, ADDRESSES, knowns(), MOMENTS)
def test_whatever_is_known_the_plan_keeps_the_rules(
    data: st.DataObject,
    urgency: Urgency,
    form: str,
    addresses: list[tuple[str, str]],
    known: Known,
    now: datetime,
) -> None:
    resting = data.draw(rests(now))
    found = planned(urgency, known, form=form, resting=resting, now=now, addresses=addresses)
    is_alarm = urgency is Urgency.ALARM
    assert found.back is None or found.back > now
    for step in found.steps:
        way = step.way
        assert step.address in addresses
        assert way.channel == step.address[0]
        assert way.name not in resting
        assert way.forms is None or form in way.forms
        assert is_alarm or not way.alarms_only
        assert is_alarm or not way.needs_window or _is_free(known, step.address)
        assert not way.needs_consent or known.consents[step.address][form] > 0
        assert is_alarm or RULES.quiet_ends(now) is None
    if is_alarm and addresses and not resting:
        assert found.steps, "an alarm to somebody who has an address always has a way here"
    names = [(step.way.name, step.address) for step in found.steps]
    assert len(names) == len(set(names))


def _is_free(known: Known, address: tuple[str, str]) -> bool:
    """Tell whether some window has more sends than are kept for alarms."""
    return any(
        left.sends > (RULES.kept_for_alarms if left.kind == MESSAGE else 0)
        for left in known.windows.get(address, ())
    )


@given(MOMENTS)
def test_the_quiet_hours_end_in_the_morning_by_the_villages_clock(now: datetime) -> None:
    until = RULES.quiet_ends(now)
    hour = now.astimezone(VILLAGE_TIME).time()
    assert (until is None) == (RULES.quiet_until <= hour < RULES.quiet_from)
    if until is not None:
        assert now < until <= now + timedelta(hours=9, minutes=30)
        assert until.astimezone(VILLAGE_TIME).time() == RULES.quiet_until


def test_nights_are_those_of_who_gets_the_letter() -> None:
    """At noon here it is eleven at night in New York, and at eight in the evening it is morning."""
    far = Known(clocks={WANG: ZoneInfo("America/New_York")})
    morning = datetime(2026, 11, 23, 6, 30, tzinfo=ZoneInfo("America/New_York"))
    assert planned(Urgency.NOTICE, far).back == morning
    assert planned(Urgency.ALARM, far).steps
    evening = NOON.replace(hour=22)
    assert planned(Urgency.NOTICE, far, now=evening).steps
    assert not planned(Urgency.NOTICE, now=evening).steps
    assert planned(Urgency.NOTICE, far, addresses=(AT_WORK,)).steps
