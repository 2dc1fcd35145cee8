"""How SQLite goes about what it was asked: by a key, or from one end of a table to the other."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from storage.database import Database


@contextmanager
def statements_noted(database: Database) -> Iterator[dict[str, Any]]:
    """Gain each different statement that is executed, with some of its parameters."""
    noted: dict[str, Any] = {}

    def note(*execution: Any) -> None:
        _connection, _cursor, statement, parameters, _context, many = execution
        noted.setdefault(statement, parameters[0] if many else parameters)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    yield noted
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def walks(database: Database, noted: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the statements for which a table is read from end to end, and which."""
    found: dict[str, list[str]] = {}
    async with database.engine.connect() as connection:
        for statement, parameters in noted.items():
            if statement.startswith(("SELECT", "UPDATE", "DELETE")):
                asked = f"EXPLAIN QUERY PLAN {statement}"
                plan = await connection.exec_driver_sql(asked, parameters)
                steps = [re.match(r"SCAN (?!CONSTANT|.subquery)(\w+)", step) for *_, step in plan]
                if tables := [step[1] for step in steps if step]:
                    found[statement] = tables
    return found
