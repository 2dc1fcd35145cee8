"""The villagers: what they do of themselves, and what they do when a letter is on their phone.

They read letters as people do, by their words, and never look into the house.
"""

import heapq
import random
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count

from handlers.message import Kind
from tests.year.calendar import at_hour
from tests.year.county import County, Elder
from tests.year.truth import Said, Sense, Truth
from tests.year.wire import Got

_CALLED = re.compile(r"请回：我去 (\d+)")
_SEEN = re.compile(r"见到了吗？请回：平安 (\d+)")
_LOOK_IN = re.compile(r"(?:请您看看|还没报平安)：(?P<names>\d.+?)。")
_ASKED = re.compile(r"回个1")

_WELL = ("1", "好", "平安", "吃了", "在", "今天天气不错")
_KINDS = (Kind.VOICE, Kind.PICTURE, Kind.STICKER, Kind.MENU)
_EMERGENCIES = ("我摔倒了，起不来", "胸口疼得厉害", "喘不上气", "救命")
_OUTCOMES = ("平安", "平安", "平安", "忘了", "外出", "手机坏", "没电", "住院", "出事")

MINUTE = timedelta(minutes=1)


class Agenda:
    """What will be done, and when."""

    def __init__(self) -> None:
        self._plans: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = count()

    def at(self, moment: datetime, do: Callable[[], None]) -> None:
        heapq.heappush(self._plans, (moment, next(self._numbers), do))

    def next(self) -> datetime | None:
        return self._plans[0][0] if self._plans else None

    def do(self, now: datetime) -> None:
        """Do what is planned for now or earlier, and what follows from it at once."""
        while self._plans and self._plans[0][0] <= now:
            heapq.heappop(self._plans)[2]()


class Villagers:
    """`says` puts what somebody says on the wire."""

    def __init__(
        self, county: County, truth: Truth, chance: random.Random, says: Callable[[Said], None]
    ) -> None:
        self._county = county
        self._truth = truth
        self._chance = chance
        self._says = says
        self.agenda = Agenda()
        self._numbers = count(1)
        self._dark_until: dict[int, datetime] = {}
        self._goes: set[tuple[str, int]] = set()
        self._elder_of: dict[int, str] = {}
        self._gone: set[str] = set()

    # what they do of themselves

    def wake(self, day: date, *, is_calm: bool) -> None:
        """Let everybody make plans for a day; on a calm one all think of us by themselves."""
        for elder in self._county.elders.values():
            if is_calm:
                self._plan_calm_morning(elder, day)
            else:
                self._plan_morning(elder, day)
                self._plan_trouble(elder, day)

    def _plan_calm_morning(self, elder: Elder, day: date) -> None:
        if not self._truth.is_away(elder.id, day, still=True):
            at = at_hour(day, elder.opens) + self._chance.choice((20, 65, 110)) * MINUTE
            self.agenda.at(at, lambda: self._is_heard(elder.id))

    def _is_heard(self, elder: str) -> None:
        if self._county.people[elder].has_phone:
            self._is_well(elder)
        else:
            self._is_spoken_for(elder)

    def _plan_morning(self, elder: Elder, day: date) -> None:
        if self._truth.is_away(elder.id, day, still=True) and self._chance.random() < 0.9:
            return
        if self._chance.random() < elder.forgets * 3:
            return  # she waits to be reminded
        minutes = int(self._chance.triangular(0, 175, 60)) // 15 * 15 + 1
        at = at_hour(day, elder.opens) + minutes * MINUTE
        if self._county.people[elder.id].has_phone or self._chance.random() < 0.8:
            self.agenda.at(at, lambda: self._is_heard(elder.id))

    def _plan_trouble(self, elder: Elder, day: date) -> None:
        lot = self._chance.random()
        at = at_hour(day, elder.opens) + self._chance.randrange(-60, 900) * MINUTE
        if lot < 0.0015:
            self.agenda.at(at, lambda: self._call_for_help(elder.id, Sense.EMERGENCY))
        elif lot < 0.002:
            self.agenda.at(at, lambda: self._call_for_help(elder.id, Sense.CRISIS))
        elif lot < 0.008:
            self.agenda.at(at, lambda: self._go_away(elder.id))

    def _leads(self, elder: str) -> bool:
        return bool(elder) and "leader" in self._county.people[elder].roles

    def _is_well(self, elder: str) -> None:
        if self._chance.random() < 0.85:
            self.say(elder, Sense.ALIVE, self._chance.choice(_WELL), about=elder)
        else:
            self.say(elder, Sense.ALIVE, "", kind=self._chance.choice(_KINDS), about=elder)

    def _is_spoken_for(self, elder: str) -> None:
        speakers = self._county.may_speak_for(elder)
        if speakers:
            self._speak_for(self._chance.choice(speakers), elder)

    def _speak_for(self, speaker: str, elder: str) -> None:
        name = self._county.people[elder].name
        self.say(speaker, Sense.PROXY, f"代 {name} 平安", about=elder)

    def _call_for_help(self, elder: str, sense: Sense) -> None:
        is_crisis = sense is Sense.CRISIS
        if self._county.people[elder].has_phone and self._chance.random() < 0.7:
            words = "不想活了" if is_crisis else self._chance.choice(_EMERGENCIES)
            self.say(elder, sense, words, about=elder)
            if self._chance.random() < 0.5:  # she does not want to be a burden
                soon = self._truth.now() + self._chance.choice((1, 2, 4, 7)) * MINUTE
                self.agenda.at(soon, lambda: self._is_well(elder))
            return
        others = self._county.may_speak_for(elder)
        if others:
            words = self._county.people[elder].name + ("不想活了" if is_crisis else "摔倒了")
            self.say(self._chance.choice(others), sense, words, about=elder)

    def _go_away(self, elder: str) -> None:
        """Go away, or let it be said; not who leads: of the rota other stories tell."""
        if self._leads(elder):
            return
        days = self._chance.randint(1, 12)
        if self._county.people[elder].has_phone and self._chance.random() < 0.7:
            if self._chance.random() < 0.2:
                self.say(elder, Sense.AWAY, "住院了", about=elder, days=7)
            else:
                self.say(elder, Sense.AWAY, f"我去儿子家{days}天", about=elder, days=days)
        elif others := self._county.may_speak_for(elder):
            words = f"请假 {self._county.people[elder].name} {days}天"
            self.say(self._chance.choice(others), Sense.AWAY, words, about=elder, days=days)
        if self._chance.random() < 0.2 and self._county.people[elder].has_phone:
            back = self._truth.now() + timedelta(days=self._chance.randint(1, days + 1), hours=2)
            self.agenda.at(back, lambda: self.say(elder, Sense.BACK, "我回来了", about=elder))

    # what they do when they are told something

    def read(self, got: Got, incident_of: Callable[[str], tuple[int, int, str]]) -> None:
        """Let somebody read a letter; `incident_of` tells which incident a letter is about,
        its number, and whose it is: a message may tell of several.
        """
        delay = self._chance.choice((1, 2, 3, 5, 5, 8, 12, 20, 45)) * MINUTE
        at = _on_the_clock(self._truth.now() + delay)
        incident, number, elder = incident_of(got.key)
        self._elder_of[incident] = elder
        if str(number) in _CALLED.findall(got.text):
            self.agenda.at(at, lambda: self._decide(got.person, incident, number))
        elif str(number) in _SEEN.findall(got.text):
            if self._chance.random() < 0.6:
                self.agenda.at(at, lambda: self._tell(got.person, incident, number))
        elif listed := _LOOK_IN.match(got.text):
            self._look_in(got.person, listed["names"].split("、"), at)
        elif _ASKED.search(got.text) and self._answers(got.person):
            self.agenda.at(at, lambda: self._is_well(got.person))

    def _answers(self, person: str) -> bool:
        elder = self._county.elders.get(person)
        return elder is not None and self._chance.random() > elder.forgets * 5

    def _look_in(self, watcher: str, names: list[str], at: datetime) -> None:
        village = self._county.people[watcher].village
        for place, name in enumerate(listed.split()[-1] for listed in names):
            if self._chance.random() < 0.9:
                elder = self._county.named(name, village)
                moment = at + timedelta(seconds=20 * place)
                self.agenda.at(moment, partial(self._speak_for, watcher, elder))

    def _decide(self, person: str, incident: int, number: int) -> None:
        """Go, tell at once how she is, or do nothing."""
        if (person, incident) in self._goes:
            return
        lot = self._chance.random() / self._county.people[person].diligence
        if lot < 0.7:
            self._goes.add((person, incident))
            self.say(person, Sense.GO, f"我去 {number}", incident=incident)
            self._plan_outcome(person, incident, number)
        elif lot < 0.85:
            self._tell(person, incident, number)

    def _plan_outcome(self, person: str, incident: int, number: int) -> None:
        lot = self._chance.random()
        at = self._truth.now() + self._chance.choice((5, 10, 10, 20, 40)) * MINUTE
        if lot < 0.8:
            self.agenda.at(at, lambda: self._tell(person, incident, number))
        elif lot < 0.9:
            self.agenda.at(at, lambda: self._take_back(person, incident, number))

    def _tell(self, person: str, incident: int, number: int) -> None:
        word = self._chance.choice(_OUTCOMES)
        if word == "住院" and self._leads(self._elder_of[incident]):
            word = "没电"
        self.say(person, Sense.OUTCOME, f"{word} {number}", incident=incident, word=word)

    def _take_back(self, person: str, incident: int, number: int) -> None:
        self._goes.discard((person, incident))
        self.say(person, Sense.CANNOT, f"去不了 {number}", incident=incident)

    def say(
        self,
        person: str,
        sense: Sense,
        text: str,
        *,
        kind: Kind = Kind.TEXT,
        about: str = "",
        incident: int = 0,
        days: int = 0,
        word: str = "",
    ) -> None:
        if self._is_dark(person) or person in self._gone:
            return
        self._says(
            Said(
                key=f"{person}|{next(self._numbers)}",
                person=person,
                at=self._truth.now(),
                sense=sense,
                text=text,
                kind=kind,
                about=about,
                incident=incident,
                days=days,
                word=word,
            )
        )

    def name(self, said: Said, name: str) -> None:
        """Answer the question whom he means."""
        at = self._truth.now() + MINUTE
        if said.sense is Sense.GO:
            words = f"我去看{name}"
        elif said.sense is Sense.OUTCOME:
            words = f"{name}{said.word}"
        else:
            return
        again = partial(
            self.say, said.person, said.sense, words, incident=said.incident, word=said.word
        )
        self.agenda.at(at, again)

    def leave(self, person: str) -> None:
        """Let somebody unfollow the account."""
        self.say(person, Sense.LEFT, "", kind=Kind.UNFOLLOW)
        self._gone.add(person)

    def return_(self, person: str) -> None:
        self._gone.discard(person)
        self.say(person, Sense.ALIVE, "", kind=Kind.FOLLOW, about=person)

    # when the power is cut

    def go_dark(self, village: int, until: datetime) -> None:
        """Let nobody of a village hear or say anything until then."""
        self._dark_until[village] = until

    def _is_dark(self, person: str) -> bool:
        one = self._county.people[person]
        until = self._dark_until.get(one.village)
        lives_there = "family" not in one.roles and "supervisor" not in one.roles
        return lives_there and until is not None and until > self._truth.now()


def _on_the_clock(at: datetime) -> datetime:
    """Return the next fifth minute: people who act at one moment are served in one."""
    return at.replace(minute=at.minute // 5 * 5, second=0, microsecond=0) + 5 * MINUTE
