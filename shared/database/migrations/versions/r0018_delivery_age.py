"""Deliveries that ended and attempts at them, found by their age."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "create index webhook_delivery_age on webhook_delivery (tenant_id, finished_at) where finished_at is not null"
    )
    op.execute("create index webhook_attempt_age on webhook_attempt (tenant_id, started_at)")
