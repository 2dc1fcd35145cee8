"""The diary: every row the house really committed, in order, written by triggers of ours.

What was rolled back never shows, and what was moved twice shows twice. The laws read it, and
nothing but it, so that they see what the house did and not what it says of itself.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_NOTED: Mapping[str, tuple[str, ...]] = {
    "expectations": (
        "elder_id",
        "day",
        "slot",
        "village_id",
        "tier",
        "state",
        "opens_at",
        "closes_at",
        "next_at",
        "settles_at",
    ),
    "signs_of_life": ("elder_id", "at", "kind", "actor_id"),
    "inbox": ("channel", "key", "received_at", "person_id", "reply"),
    "incidents": (
        "id",
        "cause",
        "number",
        "village_id",
        "elder_id",
        "kind",
        "stage",
        "step",
        "lap",
        "climbs_at",
        "opened_at",
        "closed_by",
        "result",
    ),
    "incident_steps": ("incident_id", "step", "lap", "called_at", "people"),
    "promises": ("id", "incident_id", "person_id", "state", "made_at", "due_at"),
    "letters": (
        "id",
        "key",
        "kind",
        "urgency",
        "recipient_id",
        "about_id",
        "incident_id",
        "number",
        "state",
        "written_at",
        "due_at",
        "expires_at",
        "repeated",
        "tries",
    ),
    "silent_elders": ("incident_id", "elder_id", "expectation", "joined_at", "seen_at"),
    "identities": ("address", "person_id", "reachable"),
}
"""The columns of each table that a law may want to see."""

_DUE = {
    "expecting": "SELECT min(next_at) FROM expectations WHERE next_at IS NOT NULL",
    "climbing": "SELECT min(climbs_at) FROM incidents WHERE climbs_at IS NOT NULL",
    "alarms": "SELECT min(at) FROM ("
    "SELECT min(due_at) AS at FROM letters WHERE state = 'queued' AND urgency = 1 UNION ALL "
    "SELECT min(lease_until) FROM letters WHERE state = 'sending' AND urgency = 1)",
    "delivery": "SELECT min(at) FROM ("
    "SELECT min(due_at) AS at FROM letters WHERE state = 'queued' AND urgency > 1 UNION ALL "
    "SELECT min(lease_until) FROM letters WHERE state = 'sending' AND urgency > 1)",
    "villages": "SELECT datetime(min(opened_at), '+3 hours') FROM incidents"
    " WHERE climbs_at IS NOT NULL AND kind = 'village'",
}


@dataclass(slots=True)
class Entry:
    """A row as it was written; `was` is what it was before, empty where it is new."""

    table: str
    row: dict[str, Any]
    was: dict[str, Any]

    @property
    def is_new(self) -> bool:
        return not self.was

    def at(self, column: str) -> datetime:
        return moment(self.row[column])

    def became(self, column: str) -> Any:
        """Return the new value of a column, None where it is what it was."""
        return self.row[column] if self.row[column] != self.was.get(column) else None


def moment(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


class Diary:
    """Reads what was committed since it was last read, through a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = sqlite3.connect(path, isolation_level=None)
        self._read = 0

    def prepare(self) -> None:
        """Let every change of what is noted leave an entry."""
        self._file.execute(
            "CREATE TABLE diary (number INTEGER PRIMARY KEY, name TEXT, row TEXT, was TEXT)"
        )
        for table, columns in _NOTED.items():
            new = ", ".join(f"NEW.{column}" for column in columns)
            old = ", ".join(f"OLD.{column}" for column in columns)
            self._file.execute(
                f"CREATE TRIGGER diary_new_{table} AFTER INSERT ON {table} BEGIN INSERT INTO"  # noqa: S608
                f" diary (name, row) VALUES ('{table}', json_array({new})); END"
            )
            self._file.execute(
                f"CREATE TRIGGER diary_of_{table} AFTER UPDATE ON {table} BEGIN INSERT INTO"  # noqa: S608
                f" diary (name, row, was)"
                f" VALUES ('{table}', json_array({new}), json_array({old})); END"
            )

    def begin_here(self) -> None:
        """Leave out what was written until now."""
        (last,) = self._file.execute("SELECT coalesce(max(number), 0) FROM diary").fetchone()
        self._read = last

    def since(self) -> Iterator[Entry]:
        """Yield what was committed since the last time."""
        rows = self._file.execute(
            "SELECT number, name, row, was FROM diary WHERE number > ? ORDER BY number",
            (self._read,),
        ).fetchall()
        for number, table, row, was in rows:
            self._read = number
            columns = _NOTED[table]
            yield Entry(
                table,
                dict(zip(columns, json.loads(row), strict=True)),
                dict(zip(columns, json.loads(was), strict=True)) if was else {},
            )

    def due(self) -> dict[str, datetime]:
        """Return when each round has something to do next, where it has."""
        found = ((name, self._file.execute(query).fetchone()[0]) for name, query in _DUE.items())
        return {name: moment(at) for name, at in found if at is not None}

    def is_down(self) -> bool:
        """Tell whether the house takes itself for deaf or mute."""
        return (
            self._file.execute("SELECT 1 FROM downtimes WHERE ended_at IS NULL").fetchone()
            is not None
        )

    def beat_at(self, now: datetime) -> None:
        """Leave the beat of a house that was awake until now; only while it lies dead."""
        at = now.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        with sqlite3.connect(self._path, isolation_level=None) as file:
            file.execute(
                "INSERT INTO beats (round, node, at) VALUES ('expecting', 'year', ?)"
                " ON CONFLICT DO UPDATE SET at = excluded.at",
                (at,),
            )
        file.close()

    def close(self) -> None:
        self._file.close()
