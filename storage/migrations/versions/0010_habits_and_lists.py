"""Habits and lists"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("villages", sa.Column("habits_day", sa.Date(), nullable=True))
    op.add_column("groups", sa.Column("told_late_day", sa.Date(), nullable=True))
    op.create_table(
        "habits",
        sa.Column("elder_id", sa.String(length=32), nullable=False),
        sa.Column("median", sa.Double(), nullable=False),
        sa.Column("spread", sa.Double(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["elder_id"], ["people.id"], name=op.f("fk_habits_elder_id")),
        sa.PrimaryKeyConstraint("elder_id", name=op.f("pk_habits")),
    )
    op.create_table(
        "hour_suggestions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("elder_id", sa.String(length=32), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'agreed', 'declined', 'lapsed')",
            name=op.f("ck_hour_suggestions_state"),
        ),
        sa.ForeignKeyConstraint(
            ["elder_id"], ["people.id"], name=op.f("fk_hour_suggestions_elder_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hour_suggestions")),
        sa.UniqueConstraint(
            "elder_id", "asked_on", name=op.f("uq_hour_suggestions_elder_id_asked_on")
        ),
    )
    op.create_table(
        "hour_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cause", sa.String(length=220), nullable=False),
        sa.Column("elder_id", sa.String(length=32), nullable=False),
        sa.Column("said_by", sa.String(length=32), nullable=False),
        sa.Column("from_opens", sa.Time(), nullable=False),
        sa.Column("from_closes", sa.Time(), nullable=False),
        sa.Column("to_opens", sa.Time(), nullable=False),
        sa.Column("to_closes", sa.Time(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["elder_id"], ["people.id"], name=op.f("fk_hour_changes_elder_id")),
        sa.ForeignKeyConstraint(["said_by"], ["people.id"], name=op.f("fk_hour_changes_said_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hour_changes")),
        sa.UniqueConstraint("cause", name=op.f("uq_hour_changes_cause")),
    )
    op.create_index("ix_hour_changes_elder_id_at", "hour_changes", ["elder_id", "at"])
    op.create_table(
        "shown_lists",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("elders", sa.JSON(), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_shown_lists_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_shown_lists")),
    )


def downgrade() -> None:
    for table in ("shown_lists", "hour_changes", "hour_suggestions", "habits"):
        op.drop_table(table)
    op.drop_column("groups", "told_late_day")
    op.drop_column("villages", "habits_day")
