"""Two indexes fewer on schedules: each cost every run a write, and few schedules of one tenant are soon looked through."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("drop index schedule_of_clients")
    op.execute("drop index schedule_by_next_run")
