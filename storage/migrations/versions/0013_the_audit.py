"""The audit"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from alembic import op

from storage import audit_guards

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_rows",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_rows")),
    )
    for statement in _guards().values():
        op.get_bind().exec_driver_sql(statement)


def _guards() -> Mapping[str, str]:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    return audit_guards.SQLITE_1 if is_sqlite else audit_guards.POSTGRES_1


def downgrade() -> None:
    op.drop_table("audit_rows")
    op.drop_table("audit_head")
    if op.get_bind().dialect.name == "postgresql":
        for name in audit_guards.FUNCTIONS_1:
            op.execute(f"DROP FUNCTION {name}()")
