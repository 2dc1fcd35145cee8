"""Digests"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FAILED = sa.text("state = 'failed'")
OPEN = sa.text("climbs_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "digests",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("slot", sa.String(length=8), nullable=False),
        sa.Column("village_id", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("readers", sa.Integer(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.CheckConstraint("slot IN ('morning', 'evening', 'week')", name=op.f("ck_digests_slot")),
        sa.ForeignKeyConstraint(
            ["village_id"], ["villages.id"], name=op.f("fk_digests_village_id")
        ),
        sa.PrimaryKeyConstraint("day", "slot", "village_id", name=op.f("pk_digests")),
    )
    op.drop_column("villages", "digest_day")
    op.create_index(
        "ix_letters_failed",
        "letters",
        ["recipient_id"],
        sqlite_where=FAILED,
        postgresql_where=FAILED,
    )
    op.create_index(
        "ix_incidents_open",
        "incidents",
        ["village_id"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def downgrade() -> None:
    op.drop_index("ix_incidents_open", "incidents")
    op.drop_index("ix_letters_failed", "letters")
    op.add_column("villages", sa.Column("digest_day", sa.Date(), nullable=True))
    op.drop_table("digests")
