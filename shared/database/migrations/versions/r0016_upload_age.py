"""Used uploads of reports that are gone, found by their age."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create index upload_age on upload (tenant_id, created_at) where report_id is null and state = 'used'")
