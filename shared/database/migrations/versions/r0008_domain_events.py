"""The outbox: what happened, written with what caused it, until somebody has passed it on."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# The client is named without a foreign key: what happened stays true when the client is gone.
_TABLE = """
create table domain_event (
    id uuid primary key,
    tenant_id uuid not null references tenant on delete cascade,
    type text not null check (char_length(type) between 1 and 100),
    occurred_at timestamptz not null,
    client_id uuid,
    data jsonb not null check (pg_column_size(data) <= 32768),
    dispatch_after timestamptz not null,
    attempts smallint not null default 0,
    last_error text,
    dispatched_at timestamptz,
    created_at timestamptz not null default now()
);
create index domain_event_waiting on domain_event (dispatch_after, id) where dispatched_at is null;
create index domain_event_newest on domain_event (tenant_id, id desc);
create index domain_event_age on domain_event (tenant_id, occurred_at);
alter table domain_event enable row level security;
alter table domain_event force row level security;
create policy tenant_access on domain_event to advisor_app
    using (tenant_id = (select current_tenant_id())) with check (tenant_id = (select current_tenant_id()));
create policy system_access on domain_event to advisor_system using (true) with check (true);
grant select, insert, update, delete on domain_event to advisor_app, advisor_system;
"""


def upgrade() -> None:
    op.execute(_TABLE)
