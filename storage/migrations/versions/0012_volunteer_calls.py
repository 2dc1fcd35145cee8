"""Volunteer calls"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STATES = (
    "state IN ('draft', 'review', 'open', 'assigned', 'in_service', 'awaiting_confirm', 'settled',"
    " 'disputed', 'void', 'cancelled', 'unfilled')"
)


def upgrade() -> None:
    op.create_table(
        "call_counters",
        sa.Column("village_id", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["village_id"], ["villages.id"], name=op.f("fk_call_counters_village_id")
        ),
        sa.PrimaryKeyConstraint("village_id", name=op.f("pk_call_counters")),
    )
    op.create_table(
        "next_villages",
        sa.Column("village_id", sa.Integer(), nullable=False),
        sa.Column("next_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["next_id"], ["villages.id"], name=op.f("fk_next_villages_next_id")
        ),
        sa.ForeignKeyConstraint(
            ["village_id"], ["villages.id"], name=op.f("fk_next_villages_village_id")
        ),
        sa.PrimaryKeyConstraint("village_id", "next_id", name=op.f("pk_next_villages")),
    )
    op.create_table(
        "credentials",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=3), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("document", sa.String(length=128), nullable=False),
        sa.Column("noted_by", sa.String(length=32), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('培训', '承诺书', '保险', '执照')", name=op.f("ck_credentials_kind")
        ),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_credentials_days")),
        sa.ForeignKeyConstraint(["noted_by"], ["people.id"], name=op.f("fk_credentials_noted_by")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_credentials_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credentials")),
        sa.UniqueConstraint(
            "person_id",
            "kind",
            "valid_until",
            name=op.f("uq_credentials_person_id_kind_valid_until"),
        ),
    )
    op.create_index(
        op.f("ix_credentials_valid_until"), "credentials", ["valid_until"], unique=False
    )
    op.create_table(
        "exclusions",
        sa.Column("elder_id", sa.String(length=32), nullable=False),
        sa.Column("volunteer_id", sa.String(length=32), nullable=False),
        sa.Column("said_by", sa.String(length=32), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["elder_id"], ["people.id"], name=op.f("fk_exclusions_elder_id")),
        sa.ForeignKeyConstraint(["said_by"], ["people.id"], name=op.f("fk_exclusions_said_by")),
        sa.ForeignKeyConstraint(
            ["volunteer_id"], ["people.id"], name=op.f("fk_exclusions_volunteer_id")
        ),
        sa.PrimaryKeyConstraint("elder_id", "volunteer_id", name=op.f("pk_exclusions")),
    )
    op.create_index(
        op.f("ix_exclusions_volunteer_id"), "exclusions", ["volunteer_id"], unique=False
    )
    op.create_table(
        "requests",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("cause", sa.String(length=240), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("village_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("elder_id", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=4), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("terms", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("said_by", sa.String(length=32), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(length=4), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("ring", sa.Integer(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("decide_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.String(length=8), nullable=False),
        sa.Column("vouched_by", sa.String(length=32), nullable=True),
        sa.Column("pool_minutes", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.String(length=32), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("flowers", sa.Integer(), nullable=True),
        sa.Column("disputed_by", sa.String(length=32), nullable=True),
        sa.Column("verdict", sa.String(length=6), nullable=False),
        sa.Column("verdict_minutes", sa.Integer(), nullable=True),
        sa.Column("verdict_by", sa.String(length=32), nullable=True),
        sa.Column("verdict_reason", sa.String(length=200), nullable=False),
        sa.Column("appealed_by", sa.String(length=32), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(STATES, name=op.f("ck_requests_state")),
        sa.CheckConstraint(
            "state IN ('draft', 'void', 'cancelled') OR starts_at IS NOT NULL",
            name=op.f("ck_requests_has_an_hour"),
        ),
        sa.CheckConstraint("flowers BETWEEN 1 AND 5", name=op.f("ck_requests_flowers")),
        sa.CheckConstraint("minutes > 0 AND people > 0", name=op.f("ck_requests_size")),
        sa.ForeignKeyConstraint(
            ["appealed_by"], ["people.id"], name=op.f("fk_requests_appealed_by")
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["people.id"], name=op.f("fk_requests_confirmed_by")
        ),
        sa.ForeignKeyConstraint(
            ["disputed_by"], ["people.id"], name=op.f("fk_requests_disputed_by")
        ),
        sa.ForeignKeyConstraint(["elder_id"], ["people.id"], name=op.f("fk_requests_elder_id")),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_requests_group_id")),
        sa.ForeignKeyConstraint(["said_by"], ["people.id"], name=op.f("fk_requests_said_by")),
        sa.ForeignKeyConstraint(["verdict_by"], ["people.id"], name=op.f("fk_requests_verdict_by")),
        sa.ForeignKeyConstraint(
            ["village_id"], ["villages.id"], name=op.f("fk_requests_village_id")
        ),
        sa.ForeignKeyConstraint(["vouched_by"], ["people.id"], name=op.f("fk_requests_vouched_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
        sa.UniqueConstraint("cause", name=op.f("uq_requests_cause")),
    )
    op.create_index(
        "ix_requests_due",
        "requests",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_requests_elder_id_said_at"), "requests", ["elder_id", "said_at"], unique=False
    )
    op.create_index(op.f("ix_requests_number"), "requests", ["number"], unique=False)
    op.create_index(
        op.f("ix_requests_village_id_starts_at"),
        "requests",
        ["village_id", "starts_at"],
        unique=False,
    )
    op.create_index(
        "uq_requests_number",
        "requests",
        ["village_id", "number"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "volunteers",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("village_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("gender", sa.String(length=6), nullable=False),
        sa.Column("skills", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("is_on_duty", sa.Boolean(), nullable=False),
        sa.Column("radius", sa.Integer(), nullable=False),
        sa.Column("weekdays", sa.Integer(), nullable=False),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("until_minute", sa.Integer(), nullable=False),
        sa.Column("day_minutes", sa.Integer(), nullable=True),
        sa.Column("week_minutes", sa.Integer(), nullable=True),
        sa.Column("last_asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "0 <= from_minute AND from_minute < until_minute", name=op.f("ck_volunteers_hours")
        ),
        sa.CheckConstraint("radius BETWEEN 0 AND 2", name=op.f("ck_volunteers_radius")),
        sa.CheckConstraint("weekdays BETWEEN 0 AND 127", name=op.f("ck_volunteers_weekdays")),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_volunteers_group_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_volunteers_person_id")),
        sa.ForeignKeyConstraint(
            ["village_id"], ["villages.id"], name=op.f("fk_volunteers_village_id")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_volunteers")),
    )
    op.create_index(
        "ix_volunteers_group",
        "volunteers",
        ["group_id", "is_on_duty", "last_asked_at"],
        unique=False,
    )
    op.create_index(
        "ix_volunteers_village",
        "volunteers",
        ["village_id", "is_on_duty", "last_asked_at"],
        unique=False,
    )
    op.create_table(
        "weekly_calls",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("cause", sa.String(length=240), nullable=False),
        sa.Column("elder_id", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=4), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("hour", sa.Time(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("said_by", sa.String(length=32), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_until", sa.Date(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_weekly_calls_weekday")),
        sa.ForeignKeyConstraint(["elder_id"], ["people.id"], name=op.f("fk_weekly_calls_elder_id")),
        sa.ForeignKeyConstraint(["said_by"], ["people.id"], name=op.f("fk_weekly_calls_said_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weekly_calls")),
        sa.UniqueConstraint("cause", name=op.f("uq_weekly_calls_cause")),
    )
    op.create_index(
        "ix_weekly_calls_made_until",
        "weekly_calls",
        ["made_until"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "uq_weekly_calls_wish",
        "weekly_calls",
        ["elder_id", "category", "weekday"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "offers",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("request_id", BIG_ID, nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("volunteer_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("ring", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'won', 'declined', 'timed_out', 'lost')",
            name=op.f("ck_offers_state"),
        ),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_offers_request_id")),
        sa.ForeignKeyConstraint(
            ["volunteer_id"], ["people.id"], name=op.f("fk_offers_volunteer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
        sa.UniqueConstraint(
            "request_id",
            "turn",
            "volunteer_id",
            name=op.f("uq_offers_request_id_turn_volunteer_id"),
        ),
    )
    op.create_index(
        "ix_offers_expiring",
        "offers",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        op.f("ix_offers_volunteer_id_offered_at"),
        "offers",
        ["volunteer_id", "offered_at"],
        unique=False,
    )
    op.create_table(
        "statements",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("request_id", BIG_ID, nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("words", sa.String(length=300), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_statements_person_id")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["requests.id"], name=op.f("fk_statements_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
        sa.UniqueConstraint(
            "request_id", "person_id", name=op.f("uq_statements_request_id_person_id")
        ),
    )
    op.create_table(
        "visits",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("request_id", BIG_ID, nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("elder_id", sa.String(length=32), nullable=False),
        sa.Column("volunteer_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked", sa.Integer(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assigned_by", sa.String(length=32), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("has_code", sa.Boolean(), nullable=False),
        sa.Column("wrong_codes", sa.Integer(), nullable=False),
        sa.Column("has_checkout", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "state IN ('assigned', 'arrived', 'done', 'withdrawn', 'absent', 'cancelled')",
            name=op.f("ck_visits_state"),
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_visits_hours")),
        sa.ForeignKeyConstraint(["assigned_by"], ["people.id"], name=op.f("fk_visits_assigned_by")),
        sa.ForeignKeyConstraint(["elder_id"], ["people.id"], name=op.f("fk_visits_elder_id")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_visits_request_id")),
        sa.ForeignKeyConstraint(
            ["volunteer_id"], ["people.id"], name=op.f("fk_visits_volunteer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
    )
    op.create_index(
        op.f("ix_visits_elder_id_starts_at"), "visits", ["elder_id", "starts_at"], unique=False
    )
    op.create_index(
        op.f("ix_visits_volunteer_id_starts_at"),
        "visits",
        ["volunteer_id", "starts_at"],
        unique=False,
    )
    op.create_index(
        "uq_visits_slot",
        "visits",
        ["request_id", "slot"],
        unique=True,
        sqlite_where=sa.text("state IN ('assigned', 'arrived', 'done')"),
        postgresql_where=sa.text("state IN ('assigned', 'arrived', 'done')"),
    )


def downgrade() -> None:
    for table in (
        "visits",
        "statements",
        "offers",
        "weekly_calls",
        "volunteers",
        "requests",
        "exclusions",
        "credentials",
        "next_villages",
        "call_counters",
    ):
        op.drop_table(table)
