"""The history of a score lies with its latest number: one row instead of some fifty a subscription."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table advisor_score add column history jsonb not null default '[]'")
