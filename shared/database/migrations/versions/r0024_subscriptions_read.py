"""A snapshot names the subscriptions that were read for it: one that was not asked for has not lost its findings."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table snapshot add column subscriptions text[]")
