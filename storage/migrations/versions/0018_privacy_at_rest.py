"""Privacy at rest"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

WIDER = (
    ("people", "phone", 20),
    ("statements", "words", 300),
    ("unheard", "words", 60),
    ("credentials", "document", 128),
    ("requests", "verdict_reason", 200),
)
"""What is sealed is longer than what was said."""

BETWEEN_DIGITS = (" ", "-", "(", ")")


def upgrade() -> None:
    op.create_table(
        "sealing_keys",
        sa.Column("id", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealing_keys")),
    )
    op.create_table(
        "purges",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("day", "kind", name=op.f("pk_purges")),
    )
    op.create_table(
        "erasures",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["people.id"], name=op.f("fk_erasures_actor_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_erasures_person_id")),
        sa.PrimaryKeyConstraint("person_id", "at", name=op.f("pk_erasures")),
    )
    op.create_table(
        "privacy_wishes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed_by", sa.String(length=32), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('export', 'erase')", name=op.f("ck_privacy_wishes_kind")),
        sa.ForeignKeyConstraint(
            ["agreed_by"], ["people.id"], name=op.f("fk_privacy_wishes_agreed_by")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_privacy_wishes_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_wishes")),
    )
    op.create_index(
        "uq_privacy_wishes_open",
        "privacy_wishes",
        ["person_id", "kind"],
        unique=True,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    for table, column, length in WIDER:
        _retype(table, column, sa.String(length=length), sa.Text())
    for name in ("people", "volunteers"):
        mark = sa.Column("phone_mark", sa.String(length=40), nullable=False, server_default="")
        op.add_column(name, mark)
        marked = sa.table(name, sa.column("phone"), sa.column("phone_mark"))
        op.execute(marked.update().values(phone_mark=_digits(marked.c.phone)))
    with op.batch_alter_table("volunteers") as batch:
        batch.drop_column("phone")


def _retype(table: str, column: str, was: sa.String, becomes: sa.String) -> None:
    with op.batch_alter_table(table) as batch:
        batch.alter_column(column, existing_type=was, type_=becomes, existing_nullable=False)


def _digits(phone: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    for between in BETWEEN_DIGITS:
        phone = sa.func.replace(phone, between, "")
    return phone


def downgrade() -> None:
    """Go back, where nothing was sealed: what is sealed does not fit."""
    phone = sa.Column("phone", sa.String(length=20), nullable=False, server_default="")
    op.add_column("volunteers", phone)
    for name in ("people", "volunteers"):
        with op.batch_alter_table(name) as batch:
            batch.drop_column("phone_mark")
    for table, column, length in WIDER:
        _retype(table, column, sa.Text(), sa.String(length=length))
    op.drop_table("privacy_wishes")
    op.drop_table("erasures")
    op.drop_table("purges")
    op.drop_table("sealing_keys")
