"""Letters of one: what was written to, of or by somebody is found without reading every letter"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ABOUT = sa.text("about_id IS NOT NULL")
_ACTOR = sa.text("actor_id IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_letters_recipient", "letters", ["recipient_id"])
    op.create_index(
        "ix_letters_about", "letters", ["about_id"], sqlite_where=_ABOUT, postgresql_where=_ABOUT
    )
    op.create_index(
        "ix_letters_actor", "letters", ["actor_id"], sqlite_where=_ACTOR, postgresql_where=_ACTOR
    )


def downgrade() -> None:
    for name in ("actor", "about", "recipient"):
        op.drop_index(f"ix_letters_{name}", table_name="letters")
