"""Consents and ties"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PENDING = sa.text("state = 'pending'")
_UNTOLD = sa.text("told_at IS NULL")
_WAITING = sa.text("asked_at IS NULL")
_STANDING = sa.text("withdrawn_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "consents",
        sa.Column("id", _ID, nullable=False),
        sa.Column("cause", sa.String(length=220), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("text_version", sa.Integer(), nullable=False),
        sa.Column("how", sa.String(length=8), nullable=False),
        sa.Column("said_by", sa.String(length=32), nullable=False),
        sa.Column("witness_id", sa.String(length=32), nullable=True),
        sa.Column("media", sa.String(length=128), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=32), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('checkin', 'health', 'location', 'photo', 'family', 'public')",
            name=op.f("ck_consents_purpose"),
        ),
        sa.CheckConstraint(
            "how IN ('tap', 'voice', 'witness', 'roster')", name=op.f("ck_consents_how")
        ),
        sa.CheckConstraint(
            "given_at IS NOT NULL OR withdrawn_at IS NOT NULL", name=op.f("ck_consents_answered")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_consents_person_id")),
        sa.ForeignKeyConstraint(["said_by"], ["people.id"], name=op.f("fk_consents_said_by")),
        sa.ForeignKeyConstraint(["witness_id"], ["people.id"], name=op.f("fk_consents_witness_id")),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"], ["people.id"], name=op.f("fk_consents_withdrawn_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        sa.UniqueConstraint("cause", name=op.f("uq_consents_cause")),
    )
    op.create_index(
        "ix_consents_standing",
        "consents",
        ["person_id", "purpose"],
        unique=True,
        sqlite_where=_STANDING,
        postgresql_where=_STANDING,
    )
    op.create_index("ix_consents_person_id", "consents", ["person_id"])

    op.create_table(
        "consent_askings",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_consent_askings_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_consent_askings")),
    )
    op.create_index(
        "ix_consent_askings_waiting",
        "consent_askings",
        ["person_id"],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
    op.create_table(
        "attestations",
        sa.Column("matter", sa.String(length=80), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_attestations_person_id")
        ),
        sa.PrimaryKeyConstraint("matter", "person_id", name=op.f("pk_attestations")),
    )
    _ties()


def _ties() -> None:
    op.create_index("ix_people_name", "people", ["name"])
    op.create_table(
        "tie_claims",
        sa.Column("id", _ID, nullable=False),
        sa.Column("cause", sa.String(length=220), nullable=False),
        sa.Column("elder_id", sa.String(length=32), nullable=True),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("called", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=32), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'confirmed', 'refused', 'lapsed')",
            name=op.f("ck_tie_claims_state"),
        ),
        sa.ForeignKeyConstraint(["elder_id"], ["people.id"], name=op.f("fk_tie_claims_elder_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_tie_claims_person_id")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["people.id"], name=op.f("fk_tie_claims_decided_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tie_claims")),
        sa.UniqueConstraint("cause", name=op.f("uq_tie_claims_cause")),
    )
    op.create_index(
        "ix_tie_claims_pending",
        "tie_claims",
        ["elder_id", "channel", "address"],
        unique=True,
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    )
    op.create_index(
        "ix_tie_claims_ending",
        "tie_claims",
        ["ends_at"],
        sqlite_where=_UNTOLD,
        postgresql_where=_UNTOLD,
    )
    op.create_index(
        "ix_tie_claims_channel_address_asked_at", "tie_claims", ["channel", "address", "asked_at"]
    )
    op.create_table(
        "ended_ties",
        sa.Column("elder_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("ended_by", sa.String(length=32), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["elder_id"], ["people.id"], name=op.f("fk_ended_ties_elder_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_ended_ties_person_id")),
        sa.ForeignKeyConstraint(["ended_by"], ["people.id"], name=op.f("fk_ended_ties_ended_by")),
        sa.PrimaryKeyConstraint("elder_id", "person_id", name=op.f("pk_ended_ties")),
    )
    op.create_table(
        "proxy_days",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("acts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_proxy_days_person_id")),
        sa.PrimaryKeyConstraint("person_id", "day", name=op.f("pk_proxy_days")),
    )


def downgrade() -> None:
    op.drop_index("ix_people_name", "people")
    for table in (
        "proxy_days",
        "ended_ties",
        "tie_claims",
        "attestations",
        "consent_askings",
        "consents",
    ):
        op.drop_table(table)
