"""Jobs keep the trace context in which they were asked for, so that the worker's spans belong to the caller's trace."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Nullable and without a default: the release before this one neither reads nor writes it.
    op.execute("alter table job add column trace_parent text")
