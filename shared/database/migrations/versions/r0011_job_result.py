"""Jobs keep what they found where they have no other row to write it to."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Nullable and without a default: the release before this one neither reads nor writes it.
    op.execute("alter table job add column result jsonb")
