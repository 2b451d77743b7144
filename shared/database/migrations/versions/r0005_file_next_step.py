"""Files that were not made say what to do about it; uploads remember which version of their file was ordered."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Nullable and without a default: the release before this one neither reads nor writes them.
    op.execute("alter table report_file add column next_step text")
    op.execute("alter table upload add column etag text")
