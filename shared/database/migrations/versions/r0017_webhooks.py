"""Webhooks: endpoints of tenants, what is to be delivered to them, and every attempt to."""

from alembic import op

from shared.database.migrations import access

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# Addresses may hold tokens, so the row has the part of them that may be shown; the rest lies with headers and signing
# secrets in the store of secrets. A delivery goes when its event does.
_TABLES = """
alter table domain_event add constraint domain_event_of_tenant unique (tenant_id, id);

create table webhook_endpoint (
    id uuid primary key,
    tenant_id uuid not null references tenant on delete cascade,
    kind text not null check (kind in ('standard', 'teams', 'slack')),
    description text not null default '' check (char_length(description) <= 500),
    shown_url text not null,
    header_names text[] not null default '{}',
    event_types text[] not null default '{}',
    client_ids uuid[] not null default '{}',
    legacy_headers boolean not null default false,
    timeout_s smallint check (timeout_s between 1 and 60),
    attempts smallint check (attempts between 1 and 10),
    enabled boolean not null default true,
    disabled_code text,
    disabled_reason text,
    disabled_at timestamptz,
    secret_name text not null,
    secret_version text not null,
    overlap_until timestamptz,
    consecutive_failures integer not null default 0,
    failing_since timestamptz,
    open_until timestamptz,
    last_success_at timestamptz,
    last_failure_at timestamptz,
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, id),
    check (enabled = (disabled_at is null))
);

create table webhook_delivery (
    id uuid primary key,
    tenant_id uuid not null,
    endpoint_id uuid not null,
    event_id uuid not null,
    event_type text not null,
    state text not null check (state in ('waiting', 'delivered', 'failed', 'held')),
    step smallint not null default 0,
    attempt_count integer not null default 0,
    next_attempt_at timestamptz,
    job_id uuid,
    last_status smallint,
    error_code text,
    error text,
    replayed_at timestamptz,
    created_at timestamptz not null default now(),
    finished_at timestamptz,
    unique (tenant_id, id),
    unique (endpoint_id, event_id),
    foreign key (tenant_id, endpoint_id) references webhook_endpoint (tenant_id, id) on delete cascade,
    foreign key (tenant_id, event_id) references domain_event (tenant_id, id) on delete cascade,
    check ((state = 'waiting') = (next_attempt_at is not null))
);
create index webhook_delivery_newest on webhook_delivery (tenant_id, endpoint_id, id desc);
create index webhook_delivery_of_event on webhook_delivery (tenant_id, event_id);
create index webhook_delivery_due on webhook_delivery (next_attempt_at) where state = 'waiting';
create index webhook_delivery_undelivered on webhook_delivery (tenant_id, endpoint_id, id) where state in ('failed', 'held');

create table webhook_attempt (
    id uuid primary key,
    tenant_id uuid not null,
    delivery_id uuid not null,
    number integer not null,
    started_at timestamptz not null,
    duration_ms integer not null check (duration_ms >= 0),
    status smallint,
    error_code text,
    error text,
    answer text not null default '' check (char_length(answer) <= 1000),
    created_at timestamptz not null default now(),
    foreign key (tenant_id, delivery_id) references webhook_delivery (tenant_id, id) on delete cascade
);
create index webhook_attempt_of_delivery on webhook_attempt (tenant_id, delivery_id, id);
"""
_TENANT_TABLES = ("webhook_endpoint", "webhook_delivery", "webhook_attempt")
# Whoever passes events on sees who wants them, writes what is to be delivered and finds what was left behind; the upkeep of
# secrets sees which are in use.
_SYSTEM_RIGHTS = {
    "webhook_endpoint": "select (id, tenant_id, event_types, client_ids, enabled, secret_version)",
    "webhook_delivery": "select, insert, update",
}


def upgrade() -> None:
    op.execute(_TABLES)
    access.add_tenant_tables(*_TENANT_TABLES)
    access.open_across_tenants(_SYSTEM_RIGHTS)
