"""Due by village: who is due is found in the order in which villages are claimed"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_IS_DUE = sa.text("next_at IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_expectations_due", table_name="expectations")
    _index("ix_expectations_due", ["next_at", "village_id"])
    _index("ix_expectations_due_in_village", ["village_id", "next_at"])


def downgrade() -> None:
    op.drop_index("ix_expectations_due_in_village", table_name="expectations")
    op.drop_index("ix_expectations_due", table_name="expectations")
    _index("ix_expectations_due", ["next_at"])


def _index(name: str, columns: list[str]) -> None:
    op.create_index(
        name,
        "expectations",
        columns,
        unique=False,
        sqlite_where=_IS_DUE,
        postgresql_where=_IS_DUE,
    )
