"""Bugs planted by hand, each of which the year has to catch: `python -m tests.year.planted`.

Each is a small change of the house's own text, made in a copy of the tree, which then lives a few
seeds in a process of its own. A plant that no longer fits the text is a fault too.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = ("bot", "handlers", "schedules", "storage", "tests")

Change = tuple[str, str, str]
"""A file, what stands there once, and what is put in its place."""


@dataclass(frozen=True)
class Caught:
    """What the year said of a planted bug; `law` is "" where it said nothing."""

    law: str = ""
    line: str = ""


BUGS: Mapping[str, Sequence[Change]] = {
    "two may promise the same": [
        (
            "storage/incidents.py",
            ".where(Incident.id == incident.id, Incident.stage == Stage.OPEN)\n"
            "        .values(stage=Stage.PROMISED, climbs_at=due_at)",
            ".where(Incident.id == incident.id, Incident.stage != Stage.CLOSED)\n"
            "        .values(stage=Stage.PROMISED, climbs_at=due_at)",
        )
    ],
    "a letter is claimed without a lease": [
        (
            "storage/letters.py",
            "        state=LetterState.SENDING,\n"
            '        lease_until=bindparam("until", type_=Instant()),\n',
            '        lease_until=bindparam("until", type_=Instant()),\n',
        ),
        (
            "storage/letters.py",
            '.where(Letter.id == bindparam("letter"), Letter.state == LetterState.SENDING)',
            '.where(Letter.id == bindparam("letter"))',
        ),
        (
            "storage/letters.py",
            'bindparam("ids", expanding=True)), Letter.state == LetterState.SENDING)',
            'bindparam("ids", expanding=True)))',
        ),
    ],
    "a lease never runs out": [
        (
            "storage/letters.py",
            "Letter.lease_until <= now,",
            "Letter.lease_until < Letter.written_at,",
        )
    ],
    "a repeat does not say so": [
        ("storage/letters.py", "lease_until=None, repeated=True", "lease_until=None"),
    ],
    "the key of a call forgets the lap": [
        (
            "storage/ladder.py",
            'f"{incident.id}:{step}:{lap}:{person}"',
            'f"{incident.id}:{step}:{person}"',
        )
    ],
    "the key of a call is the number of the village": [
        (
            "storage/ladder.py",
            'f"{incident.id}:{step}:{lap}:{person}"',
            'f"{incident.number}:{step}:{lap}:{person}"',
        )
    ],
    "the credit for our outage is ignored": [
        (
            "schedules/outages.py",
            "max(row.closes_at + min(lost.time, most), until)",
            "row.closes_at",
        )
    ],
    "an outage is not noticed": [
        ("schedules/noticing.py", "now - beat > self._pause", "now - beat > 999 * self._pause")
    ],
    "the frail get credit": [
        ("schedules/outages.py", "was_asked = row.tier == FRAIL and", "was_asked = False and"),
        ("schedules/outages.py", "for row, _ in today if row.tier == FRAIL", "for row, _ in []"),
        ("schedules/outages.py", "if one[0].tier != FRAIL]", "]"),
    ],
    "the all-clear goes to the whole village": [
        (
            "storage/incidents.py",
            "    told = await letters.told(session, incident.id, CALLS)\n",
            "    everybody = select(Person.id).where(Person.village_id == incident.village_id)\n"
            "    told = list(await session.scalars(everybody))\n",
        )
    ],
    "the all-clear waits for the morning": [
        (
            "schedules/delivery.py",
            "return plan(letter.urgency, form,",
            'return plan(2 if letter.kind == "clear" else letter.urgency, form,',
        )
    ],
    "a promise has no end": [
        (
            "storage/incidents.py",
            ".values(stage=Stage.PROMISED, climbs_at=due_at)\n        .returning",
            ".values(stage=Stage.PROMISED, climbs_at=due_at + timedelta(days=9))\n"
            "        .returning",
        )
    ],
    "a step is skipped": [
        (
            "storage/ladder.py",
            "return replace(incident, step=incident.step + 1)",
            "return replace(incident, step=min(incident.step + 2, len(incident.steps) - 1))",
        )
    ],
    "the last step stops": [
        (
            "storage/incidents.py",
            "return timedelta(minutes=repeat[min(self.lap, len(repeat) - 1)])",
            "return timedelta(days=1 + self.lap)",
        )
    ],
    "her own word ends an emergency": [
        (
            "storage/incidents.py",
            "        if incident.is_distress:\n",
            "        if incident.is_crisis:\n",
        )
    ],
    "a call that failed is forgotten": [
        (
            "schedules/delivery.py",
            "for outcome in outcomes if outcome.state is LetterState.FAILED]",
            "for outcome in outcomes if outcome.state is LetterState.EXPIRED]",
        )
    ],
    "what was not sent is sent after the end": [
        (
            "storage/incidents.py",
            "    await letters.withdraw(session, [incident.id])\n",
            "",
        ),
        (
            "schedules/delivery.py",
            "            due = await incidents.without_stale(session, due)\n",
            "",
        ),
    ],
    "a message that comes again is handled again": [
        (
            "handlers/desk.py",
            "stored = await inbox.replies(session, {_key(message) for message in messages})",
            "stored: dict[Key, str | None] = {}",
        ),
        (
            "storage/inbox.py",
            "run_many(session, insert(Handled), rows)",
            'run_many(session, insert(Handled).prefix_with("OR REPLACE"), rows)',
        ),
    ],
    "who is away is waited for": [
        (
            "schedules/expecting.py",
            "            await holds.excuse(session, village, watch_day(now, rules.checkin))\n",
            "",
        )
    ],
    "the grace is forgotten": [
        (
            "schedules/expecting.py",
            "missed_at: list[datetime | None] = [now + rules.grace(row.tier) for row in due]",
            "missed_at: list[datetime | None] = [now for row in due]",
        )
    ],
}

WEATHER: Mapping[str, str] = {
    "the credit for our outage is ignored": "outage=0.5",
}
"""What shows only in rare weather, and of which there is more in its lives."""


def plant(changes: Sequence[Change], folder: Path) -> None:
    """Copy the tree and change it. Raises LookupError where a change does not fit."""
    for part in PARTS:
        ignored = shutil.ignore_patterns("__pycache__", "node_modules")
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    for file, old, new in changes:
        text = (folder / file).read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise LookupError(f"{file} does not hold it once: {old}")
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")


def catch(name: str, lives: Sequence[str]) -> Caught:
    """Plant a bug, live some seeds with it, and return what law it broke first."""
    with tempfile.TemporaryDirectory() as folder:
        plant(BUGS[name], Path(folder))
        lived = subprocess.run(  # noqa: S603  our own program, in the copy
            [sys.executable, "-m", "tests.year", "--stop", *lives],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": folder},
            capture_output=True,
            text=True,
            check=False,
        )
    broken = re.search(
        r"^BROKEN (?P<line>.*? \| (?P<law>[A-Z_]+): .*)$", lived.stdout, re.MULTILINE
    )
    if broken is None:
        return Caught(line=(lived.stdout + lived.stderr)[-2000:])
    return Caught(broken["law"], broken["line"])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.year.planted")
    parser.add_argument("names", nargs="*", help="which bugs, else all")
    parser.add_argument("--seeds", default="12")
    parser.add_argument("--days", default="60")
    parser.add_argument("--villages", default="4")
    options = parser.parse_args(arguments)
    lives = ["--seeds", options.seeds, "--days", options.days, "--villages", options.villages]
    missed = 0
    for name in options.names or BUGS:
        weather = ["--trouble", WEATHER[name]] if name in WEATHER else []
        caught = catch(name, [*lives, *weather])
        missed += not caught.law
        sys.stdout.write(f"{name}: {caught.line if caught.law else 'NOT CAUGHT ' + caught.line}\n")
        sys.stdout.flush()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
