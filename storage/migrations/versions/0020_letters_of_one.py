"""Letters of one: what was written to, of or by somebody is found without reading every letter"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SENT = sa.text("sent_at IS NOT NULL")
_ABOUT = sa.text("about_id IS NOT NULL")
_ACTOR = sa.text("actor_id IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_letters_got", table_name="letters")
    _index("ix_letters_got", ["recipient_id", "sent_at"])
    _index("ix_letters_about", ["about_id"], _ABOUT)
    _index("ix_letters_actor", ["actor_id"], _ACTOR)


def downgrade() -> None:
    for name in ("actor", "about", "got"):
        op.drop_index(f"ix_letters_{name}", table_name="letters")
    _index("ix_letters_got", ["recipient_id", "sent_at"], _SENT)


def _index(name: str, columns: list[str], where: sa.TextClause | None = None) -> None:
    op.create_index(name, "letters", columns, sqlite_where=where, postgresql_where=where)
