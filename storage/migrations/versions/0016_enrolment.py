"""Enrolment: drafts, departures, and the wrong codes of the whole house"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "guessed_hours",
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hour", name=op.f("pk_guessed_hours")),
    )
    op.create_table(
        "enrolments",
        sa.Column("enroller_id", sa.String(length=32), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enroller_id"], ["people.id"], name=op.f("fk_enrolments_enroller_id")
        ),
        sa.PrimaryKeyConstraint("enroller_id", name=op.f("pk_enrolments")),
    )
    op.create_table(
        "departures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("why", sa.String(length=6), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_by", sa.String(length=32), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint("why IN ('left', 'moved', 'died')", name=op.f("ck_departures_why")),
        sa.CheckConstraint(
            "state IN ('asked', 'done', 'declined', 'back')", name=op.f("ck_departures_state")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["people.id"], name=op.f("fk_departures_asked_by")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_departures_person_id")),
        sa.ForeignKeyConstraint(
            ["settled_by"], ["people.id"], name=op.f("fk_departures_settled_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departures")),
    )
    op.create_index(
        "ix_departures_standing",
        "departures",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('asked', 'done')"),
        postgresql_where=sa.text("state IN ('asked', 'done')"),
    )


def downgrade() -> None:
    op.drop_table("departures")
    op.drop_table("enrolments")
    op.drop_table("guessed_hours")
