"""The law of the house: each a sentence, and where it comes from.

Every check of this simulator names the one it guards, and a broken one says who broke it, when.
"""

from datetime import datetime
from enum import StrEnum

from tests.year.calendar import village_time


class Law(StrEnum):
    # the daily watch: one expectation for each elder and day, met, excused, or called for
    WAITED_FOR = "every elder is waited for once on every day"
    ENDS_IN_TIME = "every expectation is met, excused or called for within its time"
    MET_BY_A_WORD = "a word of hers meets what is expected of her, and nothing else does"
    EXCUSED_WHEN_AWAY = "who is away is excused, and nobody else"
    NO_WOLF = "nobody is called for before her grace is over, or though she was heard or is away"
    LEGAL_MOVE = "a row moves only as it may, and an end is an end"
    # when it was we who slept: credit up to three hours, time to settle, villages, the frail
    OUR_FAULT = "nobody is paged for what our own outage caused, the frail excepted"
    CREDIT = "what we lost she gets back, and time to settle, before her village is called"
    VILLAGE_ENDS = "one call for a village stands for its elders three hours at most"
    # the ladder: the policy of the incident, each step at its time, until a person has looked
    NO_STEP_SKIPPED = "no step of the ladder is skipped"
    RIGHT_PEOPLE = "a step calls exactly those who stand around her and can be reached"
    CLIMBS_IN_TIME = "the ladder climbs when its time has come, and the last step never stops"
    NOT_BEFORE_TIME = "the ladder does not climb before its time"
    PROMISE_HOLDS = "a promise is one person's, has its time, and stops the ladder until then"
    PROMISE_ENDS = "a promise without an outcome reopens the incident"
    HELP_AT_ONCE = "words of distress open an incident with their answer"
    # the end: by a person's word, and heard of by exactly those who were told
    ONLY_A_PERSON = "only a person closes an emergency or a crisis"
    ENDED_FOR_A_REASON = "an incident is closed by a word about it, and about no other"
    WORD_ENDS_IT = "the word that ends an incident does end it"
    CLEAR_TO_THE_TOLD = "the all-clear goes to exactly those who were told"
    NOT_AFTER_THE_END = "nobody is called once it is over"
    # letters: at least once, at most once effective, soon
    NONE_LOST = "no alert is lost: what is called sent is on the phone, what failed is made good"
    LEAVES_SOON = "an alarm leaves within minutes where the platform takes it, also at night"
    ONCE_EACH = "one alert for each recipient and step; a repeat only after a crash, and marked"
    QUIET_AT_NIGHT = "at night only alarms are heard"
    # messages: each handled once, however often it is delivered
    HANDLED_ONCE = "a message is handled once, however often it comes"
    NO_WORD_LOST = "what was answered was kept"
    COMES_TO_REST = "the rounds come to rest: what is due is done"


class BrokenError(Exception):
    """A law was broken: which, when, and about what."""

    def __init__(self, law: Law, at: datetime, what: str) -> None:
        super().__init__(f"{law.name}: {law} | {village_time(at):%Y-%m-%d %H:%M:%S} | {what}")
        self.law = law
        self.at = at
