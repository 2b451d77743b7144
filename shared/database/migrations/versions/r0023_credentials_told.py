"""The tick counts the credentials that fail of which people were told."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("grant select (told_at) on credential_health to advisor_system")
