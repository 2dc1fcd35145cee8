"""Runs the migrations on the connection that it is handed, or writes them down as SQL."""

from typing import Any, Literal

from alembic import context

from storage.database import Instant
from storage.schema import metadata
from storage.sealing import Mark, Sealed, SealedJson

WRITTEN = {
    Instant: "sa.DateTime(timezone=True)",
    Sealed: "sa.Text()",
    SealedJson: "sa.JSON(none_as_null=True)",
    Mark: "sa.String(length=40)",
}


def render(kind: str, thing: Any, _autogen: Any) -> str | Literal[False]:
    """Write our own types by what they are in the database: a migration outlives its models."""
    if kind == "type" and isinstance(thing, Instant | Sealed | SealedJson | Mark):
        return WRITTEN[type(thing)]
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
