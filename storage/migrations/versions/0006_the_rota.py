"""The rota"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "duties",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("village_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("begins", sa.Integer(), nullable=False),
        sa.Column("ends", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(length=32), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('leader', 'coordinator')", name=op.f("ck_duties_role")),
        sa.CheckConstraint("(weekday IS NULL) <> (day IS NULL)", name=op.f("ck_duties_day")),
        sa.CheckConstraint(
            "begins >= 0 AND begins < ends AND ends <= begins + 1440",
            name=op.f("ck_duties_hours"),
        ),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_duties_group_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_duties_person_id")),
        sa.ForeignKeyConstraint(["set_by"], ["people.id"], name=op.f("fk_duties_set_by")),
        sa.ForeignKeyConstraint(["village_id"], ["villages.id"], name=op.f("fk_duties_village_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duties")),
        sa.UniqueConstraint("key", name=op.f("uq_duties_key")),
    )
    op.create_index("ix_duties_village_id", "duties", ["village_id"])
    op.create_table(
        "absences",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cause", sa.String(length=220), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("village_id", sa.Integer(), nullable=False),
        sa.Column("stand_in_id", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.String(length=8), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("since < until", name=op.f("ck_absences_moments")),
        sa.CheckConstraint("reason IN ('away', 'shift')", name=op.f("ck_absences_reason")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_absences_person_id")),
        sa.ForeignKeyConstraint(
            ["stand_in_id"], ["people.id"], name=op.f("fk_absences_stand_in_id")
        ),
        sa.ForeignKeyConstraint(
            ["village_id"], ["villages.id"], name=op.f("fk_absences_village_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
        sa.UniqueConstraint("cause", name=op.f("uq_absences_cause")),
    )
    op.create_index("ix_absences_village_id_until", "absences", ["village_id", "until"])
    op.create_index("ix_absences_person_id", "absences", ["person_id"])
    op.create_index("ix_absences_stand_in_id", "absences", ["stand_in_id"])
    op.create_table(
        "deputies",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("deputy_id", sa.String(length=32), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["deputy_id"], ["people.id"], name=op.f("fk_deputies_deputy_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_deputies_person_id")),
        sa.PrimaryKeyConstraint("person_id", "deputy_id", name=op.f("pk_deputies")),
    )
    op.create_index("ix_deputies_deputy_id", "deputies", ["deputy_id"])
    op.create_table(
        "hand_overs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cause", sa.String(length=220), nullable=False),
        sa.Column("village_id", sa.Integer(), nullable=False),
        sa.Column("giver_id", sa.String(length=32), nullable=False),
        sa.Column("taker_id", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["giver_id"], ["people.id"], name=op.f("fk_hand_overs_giver_id")),
        sa.ForeignKeyConstraint(["taker_id"], ["people.id"], name=op.f("fk_hand_overs_taker_id")),
        sa.ForeignKeyConstraint(
            ["village_id"], ["villages.id"], name=op.f("fk_hand_overs_village_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_overs")),
        sa.UniqueConstraint("cause", name=op.f("uq_hand_overs_cause")),
    )
    op.create_index("ix_hand_overs_giver_id_expires_at", "hand_overs", ["giver_id", "expires_at"])
    op.create_index("ix_hand_overs_taker_id_expires_at", "hand_overs", ["taker_id", "expires_at"])


def downgrade() -> None:
    for table in ("hand_overs", "deputies", "absences", "duties"):
        op.drop_table(table)
