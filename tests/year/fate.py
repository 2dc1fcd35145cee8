"""What goes wrong in a year, drawn from its seed: crashes, outages, bad hours, power cuts."""

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from tests.year.calendar import at_hour
from tests.year.lives import Life
from tests.year.truth import Gap, Truth
from tests.year.villagers import Villagers
from tests.year.webhook import Webhook
from tests.year.wire import Mood, Platform

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """How much goes wrong, as chances: of each moment the first two, of each day the others."""

    crash: float = 0.01
    failed_commit: float = 0.01
    calm: float = 0.5
    outage: float = 0.04
    bad_hour: float = 0.1
    power_cut: float = 0.05
    deaf_hour: float = 0.02
    jump: float = 0.03
    leaving: float = 0.1


class Fate:
    def __init__(
        self,
        trouble: Trouble,
        chance: random.Random,
        truth: Truth,
        villagers: Villagers,
        platform: Platform,
        webhook: Webhook,
    ) -> None:
        self._trouble = trouble
        self._chance = chance
        self._villagers = villagers
        self._platform = platform
        self._webhook = webhook
        self._truth = truth
        self._villages = truth.county.villages()
        self.falls_asleep_at: datetime | None = None
        self.jumps_at: datetime | None = None

    def of_moment(self, life: Life) -> None:
        """Let something be about to go wrong, sometimes."""
        if life.points_left is None and self._chance.random() < self._trouble.crash:
            life.points_left = self._chance.randint(1, 14)
        if self._chance.random() < self._trouble.failed_commit:
            life.commits_to_fail = self._chance.choice((1, 1, 1, 2, 3))

    def is_calm(self) -> bool:
        return self._chance.random() < self._trouble.calm

    def of_day(self, day: date) -> None:
        if self._chance.random() < self._trouble.outage:
            self.falls_asleep_at = at_hour(day, time(self._chance.randrange(3, 22), 7))
        if self._chance.random() < self._trouble.power_cut:
            self._plan_power_cut(at_hour(day, time(5)))
        if self._chance.random() < self._trouble.bad_hour:
            self._plan_bad_hour(at_hour(day, time(self._chance.randrange(5, 22))))
        if self._chance.random() < self._trouble.deaf_hour:
            self._plan_deaf_hour(at_hour(day, time(self._chance.randrange(5, 11), 3)))
        if self._chance.random() < self._trouble.jump:
            self.jumps_at = at_hour(day, time(self._chance.randrange(8, 20), 11))
        if self._chance.random() < self._trouble.leaving:
            self._plan_leaving(at_hour(day, time(self._chance.randrange(6, 22), 17)))

    def jump(self) -> timedelta:
        """Return by how much the clock is wrong all at once, forward or back."""
        self.jumps_at = None
        minutes = self._chance.choice((-90, -45, -10, -10, 6, 20, 60, 200))
        return minutes * MINUTE

    def _plan_deaf_hour(self, begins: datetime) -> None:
        ends = begins + self._chance.choice((10, 40, 120, 240)) * MINUTE
        self._truth.gaps.append(Gap(begins, ends + timedelta(hours=3), is_sure=False))
        self._villagers.agenda.at(begins, lambda: self._deafen(is_deaf=True))
        self._villagers.agenda.at(ends, lambda: self._deafen(is_deaf=False))

    def _deafen(self, *, is_deaf: bool) -> None:
        self._webhook.is_deaf = is_deaf

    def _plan_leaving(self, leaves: datetime) -> None:
        person = self._chance.choice(sorted(self._platform.phones))
        back = leaves + timedelta(days=self._chance.randint(1, 9))
        self._villagers.agenda.at(leaves, lambda: self._leave(person))
        self._villagers.agenda.at(back, lambda: self._return(person))

    def _leave(self, person: str) -> None:
        phone = self._platform.phones[person]
        self._villagers.leave(person)
        phone.follows, phone.closes_at, phone.event_closes_at = False, None, None

    def _return(self, person: str) -> None:
        self._platform.phones[person].follows = True
        self._villagers.return_(person)

    def hours_asleep(self) -> float:
        self.falls_asleep_at = None
        return self._chance.choice((0.2, 0.5, 1, 2, 3, 3, 5, 9, 20))

    def until_examined(self, *, is_in_trouble: bool) -> timedelta:
        """Return when it is looked again whether we hear and are heard."""
        is_bad = is_in_trouble or self._platform.mood is not Mood.WELL
        return MINUTE if is_bad else self._chance.choice((5, 60, 240)) * MINUTE

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
        self._truth.gaps.append(Gap(begins, ends + 15 * MINUTE, is_sure=False))
        self._villagers.agenda.at(begins, lambda: self._platform.turn(mood))
        self._villagers.agenda.at(ends, lambda: self._platform.turn(Mood.WELL))
