"""What goes wrong in a year, drawn from its seed: crashes, outages, bad hours, power cuts."""

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from tests.year.calendar import at_hour
from tests.year.lives import Life
from tests.year.villagers import Villagers
from tests.year.wire import Mood, Platform

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """How much goes wrong, as chances: of each moment the first two, of each day the others."""

    crash: float = 0.01
    failed_commit: float = 0.01
    outage: float = 0.04
    bad_hour: float = 0.1
    power_cut: float = 0.05


class Fate:
    def __init__(
        self,
        trouble: Trouble,
        chance: random.Random,
        villagers: Villagers,
        platform: Platform,
        villages: list[int],
    ) -> None:
        self._trouble = trouble
        self._chance = chance
        self._villagers = villagers
        self._platform = platform
        self._villages = villages
        self.falls_asleep_at: datetime | None = None

    def of_moment(self, life: Life) -> None:
        """Let something be about to go wrong, sometimes."""
        if life.points_left is None and self._chance.random() < self._trouble.crash:
            life.points_left = self._chance.randint(1, 14)
        if self._chance.random() < self._trouble.failed_commit:
            life.commits_to_fail = self._chance.choice((1, 1, 1, 2, 3))

    def of_day(self, day: date) -> None:
        if self._chance.random() < self._trouble.outage:
            self.falls_asleep_at = at_hour(day, time(self._chance.randrange(3, 22), 7))
        if self._chance.random() < self._trouble.power_cut:
            self._plan_power_cut(at_hour(day, time(5)))
        if self._chance.random() < self._trouble.bad_hour:
            self._plan_bad_hour(at_hour(day, time(self._chance.randrange(5, 22))))

    def hours_asleep(self) -> float:
        self.falls_asleep_at = None
        return self._chance.choice((0.2, 0.5, 1, 2, 3, 3, 5, 9, 20))

    def seconds_dead(self) -> int:
        """Return how long it takes until a process that died is started again."""
        return self._chance.choice((3, 8, 20, 45))

    def _plan_power_cut(self, morning: datetime) -> None:
        begins = morning + self._chance.randrange(0, 600) * MINUTE
        ends = begins + timedelta(hours=self._chance.randint(2, 9))
        village = self._chance.choice(self._villages)
        self._villagers.agenda.at(begins, lambda: self._villagers.go_dark(village, ends))

    def _plan_bad_hour(self, begins: datetime) -> None:
        mood = self._chance.choice((Mood.BUSY, Mood.SHAKY, Mood.SHAKY))
        ends = begins + self._chance.choice((2, 4, 9, 30, 55)) * MINUTE
        self._villagers.agenda.at(begins, lambda: self._platform.turn(mood))
        self._villagers.agenda.at(ends, lambda: self._platform.turn(Mood.WELL))
