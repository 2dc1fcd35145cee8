"""Sheets"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "sheet_numbers",
        sa.Column("village_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("elder_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["elder_id"], ["people.id"], name=op.f("fk_sheet_numbers_elder_id")
        ),
        sa.ForeignKeyConstraint(
            ["village_id"], ["villages.id"], name=op.f("fk_sheet_numbers_village_id")
        ),
        sa.PrimaryKeyConstraint("village_id", "group_id", "number", name=op.f("pk_sheet_numbers")),
        sa.UniqueConstraint(
            "elder_id",
            "village_id",
            "group_id",
            name=op.f("uq_sheet_numbers_elder_id_village_id_group_id"),
        ),
    )
    op.create_table(
        "list_entries",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("elder_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["elder_id"], ["people.id"], name=op.f("fk_list_entries_elder_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_list_entries_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "day", "elder_id", name=op.f("pk_list_entries")),
    )
    op.add_column("villages", sa.Column("list_day", sa.Date(), nullable=True))
    # numbers are given when a day is opened: today is opened again, which changes nothing else
    op.execute("UPDATE villages SET opened_day = NULL")


def downgrade() -> None:
    op.drop_column("villages", "list_day")
    op.drop_table("list_entries")
    op.drop_table("sheet_numbers")
