"""Holds"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "holds",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cause", sa.String(length=220), nullable=False),
        sa.Column("elder_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=8), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("said_by", sa.String(length=32), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("greeted", sa.Boolean(), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_holds_days")),
        sa.CheckConstraint("reason IN ('away', 'hospital')", name=op.f("ck_holds_reason")),
        sa.ForeignKeyConstraint(["elder_id"], ["people.id"], name=op.f("fk_holds_elder_id")),
        sa.ForeignKeyConstraint(["said_by"], ["people.id"], name=op.f("fk_holds_said_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
        sa.UniqueConstraint("cause", name=op.f("uq_holds_cause")),
    )
    op.create_index("ix_holds_elder_id_last_day", "holds", ["elder_id", "last_day"])
    op.create_index("ix_holds_last_day", "holds", ["last_day"])


def downgrade() -> None:
    op.drop_table("holds")
