"""The numbers of the house. Each is a default; `config.toml` may say otherwise.

Plain dataclasses, so that every floor can read them and the configuration can check them.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from storage.policies import TimebankRules

VILLAGE_TIME = ZoneInfo("Asia/Shanghai")
"""What people mean when they say an hour. The database keeps UTC."""

FRAIL = 1
"""The tier of an elder for whom minutes count; 3 is the sturdiest."""

Circle = Literal[
    "neighbours", "leader", "family", "coordinators", "deputies", "doctor", "supervisors"
]
Step = Annotated[tuple[Circle, ...], Field(min_length=1)]
Steps = Annotated[tuple[Step, ...], Field(min_length=1)]
Waits = Annotated[tuple[PositiveFloat, ...], Field(min_length=1)]
"""One after the other, and then the last of them again and again."""


def village_day(now: datetime) -> date:
    """Return the calendar day it is in the village."""
    return now.astimezone(VILLAGE_TIME).date()


def at_village(day: date, hour: time) -> datetime:
    """Return the instant of an hour of the village's clock on a day."""
    return datetime.combine(day, hour, VILLAGE_TIME)


class _Checked:
    """A key that no rule has is a mistake, and the configuration says so."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


@dataclass(frozen=True, kw_only=True)
class CheckinRules(_Checked):
    """When an elder's word is waited for, and how long."""

    day_starts: time = time(4, 0)
    opens: time = time(6, 0)
    closes: time = time(9, 0)
    list_at: time = time(7, 0)
    """When leaders get the list of their elders who have no phone."""
    remind_before_minutes: NonNegativeInt = 30
    grace_minutes: NonNegativeInt = 30
    frail_grace_minutes: NonNegativeInt = 10
    flood_messages: PositiveInt = 5
    """How many messages of a minute are answered; of a flood, one a minute. Distress always."""
    hospital_days: PositiveInt = 7
    """How long a stay in hospital is taken to last where nobody says so."""
    longest_hold_days: PositiveInt = 60
    question_minutes: PositiveInt = 30
    """How long an answer is taken for the answer to our question."""

    def grace(self, tier: int) -> timedelta:
        minutes = self.frail_grace_minutes if tier == FRAIL else self.grace_minutes
        return timedelta(minutes=minutes)


@dataclass(frozen=True, kw_only=True)
class WatchRules(_Checked):
    """How our own outages, and the silence of a whole village, are told from an elder's."""

    gap_minutes: PositiveFloat = 3
    """Rounds that did not come through for so long mean that nobody was watching."""
    deaf_minutes: PositiveFloat = 15
    deaf_messages: PositiveInt = 20
    """Nothing was heard for so long, when as many messages are usual at this hour."""
    mute_minutes: PositiveFloat = 10
    mute_letters: PositiveInt = 5
    """Nothing was sent for so long, though as many letters were tried."""
    credit_hours: PositiveFloat = 3
    settle_minutes: PositiveFloat = 15
    ramp_minutes: NonNegativeFloat = 10
    """Over how long the calls to the villages are spread after an outage."""
    village_hours: PositiveFloat = 3
    """How long one call for a village may stand for its elders; then each is called for."""
    county_villages: PositiveInt = 445
    village_false_years: NonNegativeFloat = 2
    """In so many years, one call for a village may be chance; 0: a village is never called for."""
    usual_miss: Annotated[float, Field(gt=0, lt=1)] = 0.05
    usual_days: PositiveInt = 20
    """What is believed of an elder before she is known, and how many days it weighs."""
    history_days: PositiveInt = 28


@dataclass(frozen=True, kw_only=True)
class LadderRules(_Checked):
    """Who is called when an elder is silent, and how long each circle is waited for.

    A step is a tuple of circles. The last step repeats after each of `repeat_minutes`, and
    from then on after the last of them, until a person has looked after her.
    """

    version: PositiveInt = 1
    steps: Steps = (
        ("neighbours", "leader"),
        ("family", "coordinators"),
        ("coordinators", "deputies"),
        ("supervisors",),
    )
    wait_minutes: PositiveFloat = 15
    emergency_wait_minutes: PositiveFloat = 3
    promise_minutes: PositiveInt = 30
    emergency_promise_minutes: PositiveInt = 10
    repeat_minutes: Waits = (15, 30, 60)
    crisis_steps: Steps = (("leader", "doctor"),)
    crisis_repeat_minutes: Waits = (5, 10, 15, 30)
    crisis_follow_up_hours: tuple[PositiveInt, ...] = (24, 168)
    """Empty where nobody is to ask again."""

    def hastened(self, pace: float) -> "LadderRules":
        """Return the ladder of a drill: it climbs so many times as fast.

        A promise has the same time as in earnest: the way to her house is no shorter.
        """
        return replace(
            self,
            wait_minutes=self.wait_minutes / pace,
            emergency_wait_minutes=self.emergency_wait_minutes / pace,
            repeat_minutes=tuple(minutes / pace for minutes in self.repeat_minutes),
        )


@dataclass(frozen=True, kw_only=True)
class LetterRules(_Checked):
    """What the platform grants, and how letters are carried within it."""

    message_window_hours: PositiveFloat = 48
    message_window_sends: NonNegativeInt = 5
    event_window_minutes: PositiveFloat = 1
    event_window_sends: NonNegativeInt = 3
    kept_for_alarms: NonNegativeInt = 2
    lease_seconds: PositiveInt = 60
    at_once: PositiveInt = 20
    tries: PositiveInt = 8
    fall_over_minutes: NonNegativeInt = 5
    failures_in_a_row: PositiveInt = 5
    """After so many a way rests, and then sends one letter ahead."""
    rest_seconds: PositiveFloat = 30
    longest_rest_seconds: PositiveFloat = 300
    stop_minutes: PositiveInt = 5
    """How long a way rests that the account may not use."""
    group_seconds: NonNegativeInt = 60
    """What befalls a leader's elders of tier 2 and 3 is told together, so often at most."""
    storm_seconds: NonNegativeInt = 120
    """The same for coordinators and supervisors."""
    most_together: PositiveInt = 30
    """How many letters one message says: a line each, as many as the platform takes in a text."""
    gap_seconds: NonNegativeInt = 20
    """Between two notices or reminders to the same person."""
    cards_a_day: NonNegativeInt = 3
    """How many template messages one person is sent a day that are no alarms."""
    only_in_windows: tuple[str, ...] = ()
    """The channels on which nothing reminds her but through an open reply window."""
    quiet_from: time = time(21, 0)
    quiet_until: time = time(6, 30)

    def is_quiet(self, now: datetime, clock: tzinfo = VILLAGE_TIME) -> bool:
        """Tell whether what is no alarm waits for the morning, by the clock of who gets it."""
        return not self.quiet_until <= now.astimezone(clock).time() < self.quiet_from

    def quiet_ends(self, now: datetime, clock: tzinfo = VILLAGE_TIME) -> datetime | None:
        """Return when the quiet hours end, None outside of them."""
        if not self.is_quiet(now, clock):
            return None
        there = now.astimezone(clock)
        day = there.date() + timedelta(days=1 if there.time() >= self.quiet_from else 0)
        return datetime.combine(day, self.quiet_until, clock)


@dataclass(frozen=True, kw_only=True)
class DigestRules(_Checked):
    """When coordinators hear how the village is, day by day and week by week."""

    morning: time = time(9, 45)
    evening: time = time(20, 0)
    weekly_day: Annotated[int, Field(ge=1, le=7)] = 1
    """1 is Monday. The sheet for the meeting is about the week before, Monday to Sunday."""
    weekly_at: time = time(8, 0)


@dataclass(frozen=True, kw_only=True)
class RotaRules(_Checked):
    """Who is on duty, and when an hour without anybody is told."""

    day_begins: time = time(6, 0)
    day_ends: time = time(21, 0)
    """Between these hours somebody should be on duty; from then on it is night."""
    look_ahead_at: time = time(17, 0)
    """When the coordinators hear which hours of tomorrow nobody answers for."""
    hand_over_minutes: PositiveInt = 30
    """How long the answer of whoever is asked to take a shift over is waited for."""


@dataclass(frozen=True, kw_only=True)
class HearingRules(_Checked):
    """How words and voices are understood."""

    extra_rules: str = ""
    """A file of the village's own phrases."""
    transcriber: Literal["none", "wechat", "faster-whisper", "http"] = "none"
    model: str = ""
    """For faster-whisper the folder of its model, for http the model's name."""
    url: str = ""
    seconds: PositiveFloat = 60.0
    sampled: NonNegativeInt = 3
    """How many sentences that were not understood a coordinator sees each day."""

    @property
    def writes_down(self) -> bool:
        """Whether a machine of ours listens to voices."""
        return self.transcriber in ("faster-whisper", "http")


@dataclass(frozen=True, kw_only=True)
class HabitRules(_Checked):
    """What is known of an elder's usual time, when she is late for it, and how her hours move."""

    days: PositiveInt = 28
    needed_days: PositiveInt = 10
    """Before so many of her mornings are known nothing is said of her."""
    spreads: PositiveFloat = 4
    least_minutes: NonNegativeInt = 60
    """She is unusually late after so many spreads, and never sooner than after so many minutes."""
    tell_at: time = time(8, 0)
    """When leaders hear who is later than usual; where she is frail, as soon as she is."""
    reckon_at: time = time(15, 0)
    """When habits are reckoned and elders asked: an hour at which 1 or 好 answers no reminder."""
    near_minutes: NonNegativeInt = 30
    """Whoever is usually heard only in the last so many minutes, or later, needs a later window."""
    idle_minutes: PositiveInt = 90
    """Of a frail elder's window so much is never left after the hour at which she is late."""
    step_minutes: Annotated[int, Field(gt=0, le=60)] = 30
    """Hours we suggest are full, or half, as people say them."""
    between_days: PositiveInt = 30
    declined_days: PositiveInt = 60
    agreed_days: PositiveInt = 180
    """Who is heard when she is reminded would move on with every reminder we move."""
    answer_days: PositiveInt = 3
    earliest: time = time(5, 0)
    latest: time = time(12, 0)
    shortest_minutes: PositiveInt = 60
    frail_hours: PositiveFloat = 4
    """How long the window of a frail elder may be: after it she is looked for."""


@dataclass(frozen=True, kw_only=True)
class ListRules(_Checked):
    """How lists are shown in chat."""

    names: PositiveInt = 20
    """How many names one message holds."""
    remembered_minutes: PositiveInt = 120
    """How long the numbers of the list that was shown last are understood."""
    outcomes: NonNegativeInt = 3
    """How many of an elder's last incidents are told."""


@dataclass(frozen=True, kw_only=True)
class PairingRules(_Checked):
    """How a phone is tied to a person."""

    code_hours: PositiveInt = 24
    tries: PositiveInt = 5
    house_tries: PositiveInt = 60
    """So many wrong codes in an hour, from whatever phones, and codes wait until it is over."""
    pictures_at: str = ""
    """The address under which the pictures of pairings are seen, "" where there is none."""


@dataclass(frozen=True, kw_only=True)
class DrillRules(_Checked):
    """How a drill is held, and what it is measured by."""

    pace: PositiveFloat = 1
    """How many times as fast as in earnest the ladder climbs, where nobody says so."""
    incident_seconds: PositiveFloat = 6
    """From the hour at which the incident, or the next step, was due to its call."""
    hand_over_seconds: PositiveFloat = 10
    """From the incident to the letter that has left us."""
    acknowledge_minutes: PositiveFloat = 15
    """Until the first 我去."""
    settle_minutes: PositiveFloat = 2
    """How long the report waits for letters that are still under way at the end."""


@dataclass(frozen=True, kw_only=True)
class DispatchRules(_Checked):
    """How a call for help finds somebody, and how long everybody is waited for."""

    categories: Literal["village-default"] = "village-default"
    outstanding: PositiveInt = 3
    urgent_outstanding: PositiveInt = 7
    """How many are being asked at any time. Who says no or nothing is replaced at once."""
    answer_minutes: PositiveInt = 60
    urgent_answer_minutes: PositiveInt = 5
    collect_minutes: PositiveInt = 30
    urgent_within_minutes: NonNegativeInt = 120
    """What begins so soon is urgent, whatever it is."""
    leader_minutes: PositiveInt = 60
    urgent_leader_minutes: PositiveInt = 10
    """How long the leader has to find somebody, and then the coordinator."""
    review_minutes: PositiveInt = 120
    early_minutes: NonNegativeInt = 60
    grace_minutes: NonNegativeInt = 30
    """What is counted beyond the minutes booked, at most."""
    no_show_minutes: PositiveInt = 30
    forgotten_minutes: PositiveInt = 60
    """How long after its end a visit is asked about, and after as long again closed."""
    with_her_minutes: PositiveInt = 10
    """How long a volunteer who is with her is asked first, where she has not been heard."""
    late_minutes: NonNegativeInt = 120
    """A call that is taken back so shortly before its hour is told at once, also at night."""
    on_the_way_minutes: NonNegativeInt = 60
    """So shortly before the hour who goes is on the way, and paid as the policy says."""
    code_tries: PositiveInt = 5
    remind_hours: PositiveInt = 24
    confirm_hours: PositiveInt = 72
    """Her side is asked again after the first, and not waited for beyond the second."""
    statement_hours: PositiveInt = 24
    """How long both sides of a dispute have to tell what happened."""
    appeal_hours: PositiveInt = 72
    gift_minutes: NonNegativeInt = 240
    """What the village's pool pays in a month for an elder who has not enough hours herself."""
    ahead_days: PositiveInt = 7
    """How long before its day the call of a weekly wish is made."""
    expiring_days: PositiveInt = 30
    load_days: PositiveInt = 30
    continuity_days: PositiveInt = 180
    """How long a visit to her counts as knowing her."""
    day_minutes: PositiveInt = 240
    week_minutes: PositiveInt = 720
    """The most a volunteer is booked for who has not said otherwise."""
    candidates: PositiveInt = 16
    """Of how many the best are chosen: those who have waited longest."""
    weight_group: NonNegativeFloat = 20
    weight_continuity: NonNegativeFloat = 5
    """For each earlier visit to her, up to three."""
    weight_distance: NonNegativeFloat = 10
    weight_load: NonNegativeFloat = 6
    """Taken off for each hour of the last days."""
    weight_waited: NonNegativeFloat = 2
    """For each day since he was last asked, up to `load_days`."""
    weight_absent: NonNegativeFloat = 15
    """Taken off for each time in the last days that he did not come."""


@dataclass(frozen=True, kw_only=True)
class FamilyRules(_Checked):
    """What families may let us do, and how often."""

    tidings_a_day: PositiveInt = 5
    """How many times one person is passed on (传话) a day."""
    longest_words: PositiveInt = 200
    tell_hours: PositiveInt = 24
    """How long a leader has to tell an elder without a phone."""
    answer_hours: PositiveInt = 72
    """How long 回话 is understood for the answer to what was told last."""
    money_tries: PositiveInt = 2
    """How often in `money_days` somebody writes of money before her leader hears of him."""
    money_days: PositiveInt = 7
    visit_days: PositiveInt = 7
    """Of how many days 谁去过 tells."""
    requests_a_day: PositiveInt = 3
    holds_a_day: PositiveInt = 2
    """How often a day one relative asks for help, or excuses somebody."""


@dataclass(frozen=True, kw_only=True)
class TieRules(_Checked):
    """How somebody is tied to an elder in chat."""

    days: PositiveInt = 7
    """How long her yes, or that of two of the village, is waited for."""
    claims_a_day: PositiveInt = 3
    refused_days: PositiveInt = 30
    """How long she is not asked again about somebody to whom she has said no."""


ProxyAct = Literal["well", "hold", "request"]


@dataclass(frozen=True, kw_only=True)
class ProxyRules(_Checked):
    """What may be done for an elder by whom, and how often in a day. Alarms are never counted."""

    family: tuple[ProxyAct, ...] = ("well", "hold", "request")
    guardian: tuple[ProxyAct, ...] = ("well", "hold", "request")
    neighbour: tuple[ProxyAct, ...] = ("well", "hold", "request")
    tied_a_day: PositiveInt = 20
    office_a_day: PositiveInt = 300

    def acts_of(self, kind: str) -> tuple[ProxyAct, ...]:
        found: tuple[ProxyAct, ...] = getattr(self, kind)
        return found


@dataclass(frozen=True, kw_only=True)
class RetentionRules(_Checked):
    """How many days what people said and did is kept. The ledger and what is open always are."""

    inbox: Annotated[int, Field(ge=9)] = 14
    """Messages that were handled, and our replies: by the week before we tell that we are deaf."""
    questions: PositiveInt = 2
    voices: PositiveInt = 30
    letters: PositiveInt = 180
    """The words of letters; that there was a letter stays."""
    disputes: PositiveInt = 365
    """What was told in a dispute, and the reason of the verdict, from its end."""
    unheard: PositiveInt = 90
    lists: PositiveInt = 90
    digests: PositiveInt = 400
    wrong_tries: PositiveInt = 7
    pairings: PositiveInt = 30
    windows: PositiveInt = 7
    """Reply windows that are closed: they hold addresses."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """All of them, as handed to handlers and rounds."""

    checkin: CheckinRules = field(default_factory=CheckinRules)
    watch: WatchRules = field(default_factory=WatchRules)
    ladder: LadderRules = field(default_factory=LadderRules)
    letters: LetterRules = field(default_factory=LetterRules)
    digest: DigestRules = field(default_factory=DigestRules)
    rota: RotaRules = field(default_factory=RotaRules)
    pairing: PairingRules = field(default_factory=PairingRules)
    hearing: HearingRules = field(default_factory=HearingRules)
    timebank: TimebankRules = field(default_factory=TimebankRules)
    habits: HabitRules = field(default_factory=HabitRules)
    lists: ListRules = field(default_factory=ListRules)
    drill: DrillRules = field(default_factory=DrillRules)
    dispatch: DispatchRules = field(default_factory=DispatchRules)
    family: FamilyRules = field(default_factory=FamilyRules)
    ties: TieRules = field(default_factory=TieRules)
    proxy: ProxyRules = field(default_factory=ProxyRules)
    retention: RetentionRules = field(default_factory=RetentionRules)
