"""Outages and silences"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OLD_KINDS = "kind IN ('missed', 'emergency', 'crisis')"
KINDS = "kind IN ('missed', 'emergency', 'crisis', 'village')"
ABOUT = "(elder_id IS NULL) = (kind = 'village')"


def upgrade() -> None:
    op.create_table(
        "downtimes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('asleep', 'deaf', 'mute')", name=op.f("ck_downtimes_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_downtimes")),
        sa.UniqueConstraint("kind", "began_at", name=op.f("uq_downtimes_kind_began_at")),
    )
    op.create_index("ix_downtimes_ended_at", "downtimes", ["ended_at"])
    op.add_column(
        "expectations", sa.Column("settles_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(
        "ix_letters_sent",
        "letters",
        ["sent_at"],
        sqlite_where=sa.text("sent_at IS NOT NULL"),
        postgresql_where=sa.text("sent_at IS NOT NULL"),
    )
    _allow(KINDS, villages=True)
    op.create_table(
        "silent_elders",
        sa.Column("incident_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sa.Column("elder_id", sa.String(length=32), nullable=False),
        sa.Column("expectation", sa.String(length=60), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_by", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["elder_id"], ["people.id"], name=op.f("fk_silent_elders_elder_id")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name=op.f("fk_silent_elders_incident_id")
        ),
        sa.ForeignKeyConstraint(["seen_by"], ["people.id"], name=op.f("fk_silent_elders_seen_by")),
        sa.PrimaryKeyConstraint("incident_id", "elder_id", name=op.f("pk_silent_elders")),
    )
    op.create_index(
        "ix_silent_elders_elder_id_joined_at", "silent_elders", ["elder_id", "joined_at"]
    )


def _allow(kinds: str, *, villages: bool) -> None:
    """Change what an incident may be about; SQLite rebuilds the table."""
    with op.batch_alter_table("incidents") as incidents:
        incidents.alter_column("elder_id", existing_type=sa.String(length=32), nullable=villages)
        incidents.drop_constraint(op.f("ck_incidents_kind"), type_="check")
        incidents.create_check_constraint(op.f("ck_incidents_kind"), kinds)
        if villages:
            incidents.create_check_constraint(op.f("ck_incidents_about"), ABOUT)
        else:
            incidents.drop_constraint(op.f("ck_incidents_about"), type_="check")


def downgrade() -> None:
    op.drop_table("silent_elders")
    _allow(OLD_KINDS, villages=False)
    op.drop_index("ix_letters_sent", "letters")
    op.drop_column("expectations", "settles_at")
    op.drop_table("downtimes")
