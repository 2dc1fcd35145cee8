"""The time bank"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from alembic import op

from storage import ledger_guards

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


LEGAL = """CASE kind
 WHEN 'grant' THEN debit = 'issuer' AND (credit = 'pool' OR substr(credit, 1, 2) = 'm:'
  OR substr(credit, 1, 5) = 'team:')
 WHEN 'hold' THEN credit = 'hold:' || request AND (debit = 'pool' OR substr(debit, 1, 2) = 'm:'
  OR substr(debit, 1, 5) = 'team:')
 WHEN 'settle' THEN debit = 'hold:' || request AND (substr(credit, 1, 2) = 'm:'
  OR substr(credit, 1, 5) = 'team:')
 WHEN 'overflow' THEN debit = 'hold:' || request AND credit = 'pool'
 WHEN 'release' THEN debit = 'hold:' || request AND (credit = 'pool'
  OR substr(credit, 1, 2) = 'm:' OR substr(credit, 1, 5) = 'team:')
 WHEN 'gift' THEN (debit = 'estate' OR substr(debit, 1, 2) = 'm:')
  AND substr(credit, 1, 2) = 'm:'
 WHEN 'donate' THEN (substr(debit, 1, 2) = 'm:' OR substr(debit, 1, 5) = 'team:')
  AND (credit = 'pool' OR substr(credit, 1, 5) = 'team:')
 WHEN 'redeem' THEN credit = 'redeem' AND (substr(debit, 1, 2) = 'm:'
  OR substr(debit, 1, 5) = 'team:')
 WHEN 'unredeem' THEN debit = 'redeem' AND reverses IS NOT NULL
 WHEN 'close' THEN (substr(debit, 1, 2) = 'm:' AND credit = 'estate')
  OR (substr(debit, 1, 5) = 'team:' AND credit = 'pool')
 WHEN 'correct' THEN reverses IS NOT NULL OR reason <> ''
 ELSE FALSE END"""


def upgrade() -> None:
    op.create_table(
        "ledger_accounts",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("ceiling", sa.BigInteger(), nullable=True),
        sa.Column("daily_cap", sa.Integer(), nullable=True),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        sa.CheckConstraint("balance >= 0 OR id = 'issuer'", name=op.f("ck_ledger_accounts_floor")),
        sa.CheckConstraint(
            "id IN ('issuer', 'pool', 'redeem', 'estate') OR substr(id, 1, 2) = 'm:'"
            " OR substr(id, 1, 5) IN ('team:', 'hold:')",
            name=op.f("ck_ledger_accounts_form"),
        ),
        sa.CheckConstraint("NOT is_closed OR balance = 0", name=op.f("ck_ledger_accounts_closed")),
        sa.CheckConstraint(
            "ceiling IS NULL OR balance <= ceiling", name=op.f("ck_ledger_accounts_ceiling")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_accounts")),
    )
    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("frozen_because", sa.String(length=200), nullable=False),
        sa.Column("audited_day", sa.Date(), nullable=True),
        sa.Column("policy", sa.String(length=40), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_ledger_head_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_head")),
    )
    op.create_table(
        "ledger_seals",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger_seals")),
    )
    op.create_table(
        "ledger_certificates",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("issued_day", sa.Date(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("services", sa.Integer(), nullable=False),
        sa.Column("service_minutes", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["ledger_accounts.id"], name=op.f("fk_ledger_certificates_account")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ledger_certificates")),
        sa.UniqueConstraint(
            "account", "issued_day", name=op.f("uq_ledger_certificates_account_issued_day")
        ),
    )
    op.create_table(
        "ledger_transfers",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("debit", sa.String(length=80), nullable=False),
        sa.Column("credit", sa.String(length=80), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("service_minutes", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("request", sa.String(length=60), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("on_behalf_of", sa.String(length=80), nullable=False),
        sa.Column("second", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("reverses", sa.String(length=120), nullable=True),
        sa.Column("policy", sa.String(length=40), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint(LEGAL, name=op.f("ck_ledger_transfers_legal")),
        sa.CheckConstraint(
            "kind <> 'settle' OR actor <> credit", name=op.f("ck_ledger_transfers_not_by_herself")
        ),
        sa.CheckConstraint(
            "second = '' OR second <> actor", name=op.f("ck_ledger_transfers_two_people")
        ),
        sa.CheckConstraint("debit <> credit", name=op.f("ck_ledger_transfers_two_accounts")),
        sa.CheckConstraint(
            "minutes > 0 AND CAST(minutes AS BIGINT) = minutes",
            name=op.f("ck_ledger_transfers_minutes"),
        ),
        sa.CheckConstraint(
            "service_minutes >= 0", name=op.f("ck_ledger_transfers_service_minutes")
        ),
        sa.ForeignKeyConstraint(
            ["credit"], ["ledger_accounts.id"], name=op.f("fk_ledger_transfers_credit")
        ),
        sa.ForeignKeyConstraint(
            ["debit"], ["ledger_accounts.id"], name=op.f("fk_ledger_transfers_debit")
        ),
        sa.ForeignKeyConstraint(
            ["reverses"], ["ledger_transfers.id"], name=op.f("fk_ledger_transfers_reverses")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger_transfers")),
        sa.UniqueConstraint("id", name=op.f("uq_ledger_transfers_id")),
        sa.UniqueConstraint("reverses", name=op.f("uq_ledger_transfers_reverses")),
    )
    with op.batch_alter_table("ledger_transfers", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_transfers_credit", ["credit", "seq"], unique=False)
        batch_op.create_index(
            "ix_ledger_transfers_day",
            ["credit", "day"],
            unique=False,
            sqlite_where=sa.text("kind = 'settle'"),
            postgresql_where=sa.text("kind = 'settle'"),
        )
        batch_op.create_index("ix_ledger_transfers_debit", ["debit", "seq"], unique=False)

    op.create_table(
        "ledger_confirmations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cause", sa.String(length=220), nullable=False),
        sa.Column("choice", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=4), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("to_person_id", sa.String(length=32), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('gift', 'donate')", name=op.f("ck_ledger_confirmations_kind")),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_ledger_confirmations_minutes")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_ledger_confirmations_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["to_person_id"], ["people.id"], name=op.f("fk_ledger_confirmations_to_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_confirmations")),
        sa.UniqueConstraint("cause", "choice", name=op.f("uq_ledger_confirmations_cause_choice")),
    )
    with op.batch_alter_table("ledger_confirmations", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_ledger_confirmations_person_id_number"),
            ["person_id", "number"],
            unique=False,
        )

    op.create_table(
        "ledger_members",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("stated_month", sa.String(length=7), nullable=False),
        sa.Column("reminded_year", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["ledger_accounts.id"], name=op.f("fk_ledger_members_account")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_ledger_members_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_ledger_members")),
        sa.UniqueConstraint("account", name=op.f("uq_ledger_members_account")),
    )
    for statement in _guards().values():
        op.get_bind().exec_driver_sql(statement)


def _guards() -> Mapping[str, str]:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    return ledger_guards.SQLITE_1 if is_sqlite else ledger_guards.POSTGRES_1


def downgrade() -> None:
    op.drop_table("ledger_members")
    with op.batch_alter_table("ledger_confirmations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_confirmations_person_id_number"))

    op.drop_table("ledger_confirmations")
    with op.batch_alter_table("ledger_transfers", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_transfers_debit")
        batch_op.drop_index(
            "ix_ledger_transfers_day",
            sqlite_where=sa.text("kind = 'settle'"),
            postgresql_where=sa.text("kind = 'settle'"),
        )
        batch_op.drop_index("ix_ledger_transfers_credit")

    op.drop_table("ledger_transfers")
    op.drop_table("ledger_certificates")
    op.drop_table("ledger_seals")
    op.drop_table("ledger_head")
    op.drop_table("ledger_accounts")
    if op.get_bind().dialect.name == "postgresql":
        for name in ledger_guards.FUNCTIONS_1:
            op.execute(f"DROP FUNCTION {name}()")
