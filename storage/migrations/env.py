"""Runs the migrations on the connection that it is handed, or writes them down as SQL."""

from typing import Any, Literal

from alembic import context

from storage.database import Instant
from storage.schema import metadata


def render(kind: str, thing: Any, _autogen: Any) -> str | Literal[False]:
    """Write our own types by what they are in the database: a migration outlives its models."""
    if kind == "type" and isinstance(thing, Instant):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=render,
)
with context.begin_transaction():
    context.run_migrations()
