"""Indexes for the numbers of credentials that are read each minute: those that fail, and when one last worked."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "create index credential_health_failing on credential_health (provider, tenant_id)"
        " where state in ('invalid', 'insufficient', 'expired')"
    )
    op.execute("create index credential_health_last_success on credential_health (provider, last_success_at)")
    op.execute(
        "create index credential_health_last_success_of_tenant on credential_health (tenant_id, provider, last_success_at)"
    )
