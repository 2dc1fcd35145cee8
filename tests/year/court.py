"""The court: reads what the house committed, and judges it by the law."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from handlers.desk import TROUBLE
from tests.year.days import Days
from tests.year.diary import Diary, Entry
from tests.year.docket import Docket
from tests.year.ladders import Ladders
from tests.year.law import BrokenError, Law
from tests.year.post import Paper, Post
from tests.year.truth import SLACK, Said, Sense, Truth
from tests.year.wire import Got, Platform

HOSPITAL = "住院"
_ASKS_WHOM = re.compile(r"(号不止一位|有\d+[位件])：.*。请回：")


class Court:
    def __init__(self, truth: Truth, platform: Platform, diary: Diary) -> None:
        self._truth = truth
        self._diary = diary
        self._docket = Docket()
        self.days = Days(truth, self._docket)
        self.post = Post(truth, self._docket, platform)
        self.ladders = Ladders(truth, self._docket, self.days, self.post)
        self._kept: set[str] = set()
        self.asked_back: list[Said] = []
        """What was answered with a question: whom he means."""

    def open(self, day: date) -> None:
        self.days.open(day)
        self.days.forget_before(day - timedelta(days=3))

    def name_of(self, incident: int) -> str:
        """Return by what name people speak of an incident: hers, or the village's."""
        case = self.ladders.cases[incident]
        county = self._truth.county
        return county.people[case.elder].name if case.elder else county.places[case.village]

    def incident_of(self, key: str) -> tuple[int, int, str]:
        """Return which incident a letter is about, its number, and whose it is; else 0, 0, ""."""
        incident = self.post.incident_of(key)
        if not incident:
            return 0, 0, ""
        case = self.ladders.cases[incident]
        return incident, case.number, case.elder or ""

    def put_back(self, back: timedelta, now: datetime) -> None:
        self._truth.put_backs.append((now, back))
        self.ladders.put_back(back)

    def put_off(self, until: datetime) -> None:
        self._docket.put_off(until + SLACK)

    def judge(self) -> list[Got]:
        """Judge what was committed since the last time; returns what came to phones.

        Raises BrokenError.
        """
        entries = list(self._diary.since())
        said = self._take_words(entries)
        self._take_to_hospital(entries)
        papers = [paper for entry in entries if (paper := self._note(entry)) is not None]
        self.days.words_meet(said, self._truth.now())
        self.ladders.conclude(said, papers)
        got = self.post.look_at_phones(
            {case.id: not case.is_live for case in self.ladders.cases.values()}
        )
        self._docket.look(self._truth.now())
        return got

    def _take_words(self, entries: Sequence[Entry]) -> list[Said]:
        """Take the messages that were kept, and look whether each had its effect, once."""
        kept = [self._keep(entry) for entry in entries if entry.table == "inbox"]
        for said in kept:
            self._truth.hear(said)
        expected = Counter(sign for said in kept for sign in self._truth.signs_in(said))
        signs = Counter(
            (entry.row["elder_id"], entry.row["actor_id"])
            for entry in entries
            if entry.table == "signs_of_life"
        )
        if signs != expected:
            raise BrokenError(
                Law.HANDLED_ONCE,
                self._truth.now(),
                f"signs of life {dict(signs)}, not {dict(expected)}, of {[*map(str, kept)]}",
            )
        return kept

    def _take_to_hospital(self, entries: Sequence[Entry]) -> None:
        """Whoever was found to be in hospital is not waited for."""
        for entry in entries:
            if entry.table == "incidents" and entry.became("result") == HOSPITAL:
                self._truth.go_to_hospital(entry.row["elder_id"], self._truth.now())

    def _keep(self, entry: Entry) -> Said:
        said = self._truth.said[entry.row["key"]]
        if said.key in self._kept:
            raise BrokenError(Law.HANDLED_ONCE, self._truth.now(), f"{said.key} was kept twice")
        self._kept.add(said.key)
        if entry.row["reply"] == TROUBLE.text and said.sense is not Sense.REPORT:
            said.sense = Sense.ALIVE
        if _ASKS_WHOM.search(entry.row["reply"] or ""):
            self.asked_back.append(replace(said))
            said.sense = Sense.ALIVE
        return said

    def answered(self, said: Said, reply: str | None) -> None:
        """What was answered was kept, and whoever asks again hears the same."""
        if said.is_answered and reply != said.reply:
            raise BrokenError(
                Law.HANDLED_ONCE, self._truth.now(), f"{said.key}: {said.reply!r}, then {reply!r}"
            )
        said.is_answered, said.reply = True, reply

    def _note(self, entry: Entry) -> Paper | None:
        table = entry.table
        if table == "letters":
            return self.post.note(entry)
        if table == "expectations":
            self.days.note(entry)
        elif table == "incidents":
            self.ladders.note_incident(entry)
        elif table == "identities":
            self._note_reach(entry)
        else:
            self._note_rare(entry)
        return None

    def _note_rare(self, entry: Entry) -> None:
        if entry.table == "incident_steps":
            self.ladders.note_step(entry)
        elif entry.table == "promises":
            self.ladders.note_promise(entry)
        elif entry.table == "silent_elders":
            self.ladders.note_member(entry)

    def _note_reach(self, entry: Entry) -> None:
        if entry.row["reachable"]:
            self._truth.unreachable.discard(entry.row["person_id"])
        else:
            self._truth.unreachable.add(entry.row["person_id"])
