"""How letters went"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("letters") as letters:
        letters.add_column(sa.Column("carried_with", BIG_ID, nullable=True))
        letters.create_foreign_key(
            op.f("fk_letters_carried_with"), "letters", ["carried_with"], ["id"]
        )
    _index("ix_letters_got", ["recipient_id", "sent_at"], "sent_at IS NOT NULL")
    _index("ix_letters_alarming", ["recipient_id"], "state = 'queued' AND urgency = 1")
    with op.batch_alter_table("identities") as identities:
        identities.add_column(sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "refusals",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("letter_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("way", sa.String(length=20), nullable=False),
        sa.Column("remedy", sa.String(length=12), nullable=False),
        sa.Column("why", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_refusals_letter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusals")),
    )
    op.create_index("ix_refusals_letter_id", "refusals", ["letter_id"])

    op.create_table(
        "early_reports",
        sa.Column("far_id", sa.String(length=64), nullable=False),
        sa.Column("arrived", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("far_id", name=op.f("pk_early_reports")),
    )


def _index(name: str, columns: list[str], where: str) -> None:
    op.create_index(
        name,
        "letters",
        columns,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )


def downgrade() -> None:
    op.drop_table("early_reports")
    op.drop_table("refusals")
    with op.batch_alter_table("identities") as identities:
        identities.drop_column("declined_at")
    op.drop_index("ix_letters_alarming", "letters")
    op.drop_index("ix_letters_got", "letters")
    with op.batch_alter_table("letters") as letters:
        letters.drop_constraint(op.f("fk_letters_carried_with"), type_="foreignkey")
        letters.drop_column("carried_with")
