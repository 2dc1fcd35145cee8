"""Drills"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OLD_KINDS = "kind IN ('missed', 'emergency', 'crisis', 'village')"
KINDS = "kind IN ('missed', 'emergency', 'crisis', 'village', 'drill')"
OLD_ABOUT = "(elder_id IS NULL) = (kind = 'village')"
ABOUT = "(elder_id IS NULL) = (kind IN ('village', 'drill'))"


def upgrade() -> None:
    op.create_table(
        "drills",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cause", sa.String(length=120), nullable=False),
        sa.Column("village_id", sa.Integer(), nullable=False),
        sa.Column("elder_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("pace", sa.Double(), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('missed', 'emergency')", name=op.f("ck_drills_kind")),
        sa.CheckConstraint("pace > 0", name=op.f("ck_drills_pace")),
        sa.ForeignKeyConstraint(["asked_by"], ["people.id"], name=op.f("fk_drills_asked_by")),
        sa.ForeignKeyConstraint(["elder_id"], ["people.id"], name=op.f("fk_drills_elder_id")),
        sa.ForeignKeyConstraint(["village_id"], ["villages.id"], name=op.f("fk_drills_village_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drills")),
        sa.UniqueConstraint("cause", name=op.f("uq_drills_cause")),
    )
    op.create_index(
        "ix_drills_going_on",
        "drills",
        ["village_id"],
        unique=True,
        sqlite_where=sa.text("over_at IS NULL"),
        postgresql_where=sa.text("over_at IS NULL"),
    )
    _allow(KINDS, ABOUT)


def _allow(kinds: str, about: str) -> None:
    """Change what an incident may be about; SQLite rebuilds the table."""
    with op.batch_alter_table("incidents") as incidents:
        incidents.drop_constraint(op.f("ck_incidents_kind"), type_="check")
        incidents.create_check_constraint(op.f("ck_incidents_kind"), kinds)
        incidents.drop_constraint(op.f("ck_incidents_about"), type_="check")
        incidents.create_check_constraint(op.f("ck_incidents_about"), about)


def downgrade() -> None:
    _allow(OLD_KINDS, OLD_ABOUT)
    op.drop_table("drills")
