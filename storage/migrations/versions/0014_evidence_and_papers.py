"""Evidence and papers"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OLD_KINDS = "kind IN ('培训', '承诺书', '保险', '执照')"
KINDS = "kind IN ('培训', '承诺书', '保险', '执照', '健康证')"


def upgrade() -> None:
    with op.batch_alter_table("credentials") as credentials:
        credentials.add_column(sa.Column("told_on", sa.Date(), nullable=True))
        credentials.drop_constraint(op.f("ck_credentials_kind"), type_="check")
        credentials.create_check_constraint(op.f("ck_credentials_kind"), KINDS)
    op.create_table(
        "pictures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("media", sa.String(length=128), nullable=False),
        sa.Column("sent_by", sa.String(length=32), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("visit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "credential_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.CheckConstraint(
            "(visit_id IS NULL) <> (credential_id IS NULL)", name=op.f("ck_pictures_of_one_thing")
        ),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credentials.id"], name=op.f("fk_pictures_credential_id")
        ),
        sa.ForeignKeyConstraint(["sent_by"], ["people.id"], name=op.f("fk_pictures_sent_by")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_pictures_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pictures")),
        sa.UniqueConstraint("channel", "media", name=op.f("uq_pictures_channel_media")),
    )
    op.create_index(op.f("ix_pictures_credential_id"), "pictures", ["credential_id"])
    op.create_index(op.f("ix_pictures_visit_id"), "pictures", ["visit_id"])


def downgrade() -> None:
    op.drop_table("pictures")
    op.execute("DELETE FROM credentials WHERE kind = '健康证'")
    with op.batch_alter_table("credentials") as credentials:
        credentials.drop_constraint(op.f("ck_credentials_kind"), type_="check")
        credentials.create_check_constraint(op.f("ck_credentials_kind"), OLD_KINDS)
        credentials.drop_column("told_on")
