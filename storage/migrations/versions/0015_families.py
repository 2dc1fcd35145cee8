"""Families"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "family_turns",
        sa.Column("elder_id", sa.String(length=32), nullable=False),
        sa.Column("monday", sa.Date(), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("said_by", sa.String(length=32), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["elder_id"], ["people.id"], name=op.f("fk_family_turns_elder_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_family_turns_person_id")
        ),
        sa.ForeignKeyConstraint(["said_by"], ["people.id"], name=op.f("fk_family_turns_said_by")),
        sa.PrimaryKeyConstraint("elder_id", "monday", name=op.f("pk_family_turns")),
    )
    op.create_table(
        "relatives",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("daily", sa.Boolean(), nullable=False),
        sa.Column("told_day", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_relatives_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_relatives")),
    )
    op.create_index(
        "ix_relatives_daily",
        "relatives",
        ["told_day"],
        sqlite_where=sa.text("daily"),
        postgresql_where=sa.text("daily"),
    )
    op.create_table(
        "tidings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cause", sa.String(length=220), nullable=False),
        sa.Column("from_id", sa.String(length=32), nullable=False),
        sa.Column("to_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('sent', 'read', 'heard', 'late', 'carried', 'refused')",
            name=op.f("ck_tidings_state"),
        ),
        sa.ForeignKeyConstraint(["from_id"], ["people.id"], name=op.f("fk_tidings_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["people.id"], name=op.f("fk_tidings_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tidings")),
        sa.UniqueConstraint("cause", name=op.f("uq_tidings_cause")),
    )
    op.create_index(
        "ix_tidings_open",
        "tidings",
        ["state"],
        sqlite_where=sa.text("state IN ('sent', 'read')"),
        postgresql_where=sa.text("state IN ('sent', 'read')"),
    )
    op.create_index(
        "ix_tidings_number",
        "tidings",
        ["number"],
        sqlite_where=sa.text("number IS NOT NULL"),
        postgresql_where=sa.text("number IS NOT NULL"),
    )
    op.create_index("ix_tidings_from_id_sent_at", "tidings", ["from_id", "sent_at"])
    op.create_index("ix_tidings_to_id_sent_at", "tidings", ["to_id", "sent_at"])


def downgrade() -> None:
    for table in ("tidings", "relatives", "family_turns"):
        op.drop_table(table)
