"""Leaks planted by hand, each of which has to be found: `python -m tests.authority.planted`.

Each is a small change of the house's own text in a copy of the tree, in which some worlds then
live in a process of their own.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.year.planted import Change, plant

LEAKS: Mapping[str, tuple[str, Sequence[Change]]] = {
    "a filter is left out of a lookup by name": (
        "reply",
        [
            (
                "storage/authority.py",
                'Person.name == bindparam("wanted"), _whom(roles, act))',
                'Person.name == bindparam("wanted"))',
            )
        ],
    ),
    "a filter is left out of a list": (
        "reply",
        [
            (
                "handlers/lists/seen.py",
                "return await _see(turn, may(turn.speaker, Act.LOOK))",
                "return await _see(turn, Person.village_id == turn.speaker.village_id)",
            )
        ],
    ),
    "a neighbour sees what only family may": (
        "filter",
        [
            (
                "storage/authority.py",
                "Tie.person_id == actor.id, is_seen_by_family())",
                "Tie.person_id == actor.id)",
            )
        ],
    ),
    "who came back is still stood in for": (
        "filter",
        [
            (
                "storage/absences.py",
                "Absence.stand_in_id == person, Absence.ended_at.is_(None)",
                "Absence.stand_in_id == person",
            )
        ],
    ),
    "an id in an error": (
        "reply",
        [
            (
                "handlers/lists/talk.py",
                "        return Reply(words.nobody(who))\n",
                "        named = select(Person.id).where(Person.name == who)\n"
                "        rows = await turn.session.execute(named)\n"
                "        return Reply(words.nobody(who) + ''.join(row.id for row in rows))\n",
            ),
            (
                "handlers/lists/talk.py",
                'router = Router("lists")\n',
                "from sqlalchemy import select\nfrom storage.people import Person\n"
                'router = Router("lists")\n',
            ),
        ],
    ),
    "a name in a log": (
        "log",
        [
            (
                "storage/authority.py",
                '    asked = {**_facts(actor), "wanted": name}\n',
                '    __import__("structlog").get_logger().info("asked", cause=name)\n'
                '    asked = {**_facts(actor), "wanted": name}\n',
            )
        ],
    ),
    "an alarm goes to the ties of every elder called for beside her": (
        "letter",
        [
            (
                "storage/contacts.py",
                '        found[elder].add("family" if kind',
                '        for around in found.values():\n            around.add("family" if kind',
            )
        ],
    ),
}
"""What leaks, where it has to be found, and the change."""


def catch(name: str, worlds: int = 120) -> str:
    """Plant a leak, and return the first thing that was found where it leaks, "" for nothing."""
    where, changes = LEAKS[name]
    with tempfile.TemporaryDirectory() as folder:
        plant(changes, Path(folder))
        lived = subprocess.run(  # noqa: S603  our own program, in the copy
            [sys.executable, "-m", "tests.authority", "--worlds", str(worlds), "--rounds", "4"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": folder},
            capture_output=True,
            text=True,
            check=False,
        )
    found = re.search(rf"^LEAK {where}: .*$", lived.stdout, re.MULTILINE)
    return found[0] if found else ""


def main(names: Sequence[str] = ()) -> int:
    missed = 0
    for name in names or LEAKS:
        found = catch(name)
        missed += not found
        sys.stdout.write(f"{name}: {found or 'NOT CAUGHT'}\n")
        sys.stdout.flush()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
