"""Documents: when the press was last asked for a PDF, and which papers have none."""

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0080"
branch_labels = None
depends_on = None

NAME, TABLE = "ix_document_unprinted", "document"
UNPRINTED = sa.text("issued_at IS NOT NULL AND pdf_sha256 IS NULL")


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("pdf_asked_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(NAME, TABLE, ["id"], postgresql_where=UNPRINTED)


def downgrade() -> None:
    op.drop_index(NAME, table_name=TABLE, postgresql_where=UNPRINTED)
    op.drop_column(TABLE, "pdf_asked_at")
