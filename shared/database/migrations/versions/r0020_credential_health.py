"""Credentials of further providers, how it stands with every credential, and the history of their checks."""

from alembic import op

from shared.database.migrations import access

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# The health of a credential bears the credential's id, be it a connection's or a stored credential's; those that are there
# already are enrolled by the tick.
_TABLES = """
create table stored_credential (
    id uuid primary key,
    tenant_id uuid not null references tenant on delete cascade,
    client_id uuid,
    provider text not null check (char_length(provider) between 1 and 50),
    credential_type text not null check (char_length(credential_type) between 1 and 50),
    name text not null check (char_length(name) between 1 and 200),
    configuration jsonb not null default '{}',
    expires_at timestamptz,
    secret_name text not null,
    secret_version text not null,
    secret_set_at timestamptz not null default now(),
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, id),
    foreign key (tenant_id, client_id) references client (tenant_id, id) on delete cascade
);
create unique index stored_credential_name on stored_credential (tenant_id, lower(name));
create index stored_credential_newest on stored_credential (tenant_id, id desc);
create index stored_credential_of_client on stored_credential (tenant_id, client_id);

create table credential_health (
    id uuid primary key,
    tenant_id uuid not null references tenant on delete cascade,
    provider text not null,
    credential_type text not null,
    state text not null default 'unchecked' check (state in
        ('unchecked', 'healthy', 'expiring', 'invalid', 'insufficient', 'expired', 'unreachable')),
    code text,
    message text,
    next_step text,
    missing_permissions text[] not null default '{}',
    excess_permissions text[] not null default '{}',
    checked_at timestamptz,
    last_success_at timestamptz,
    consecutive_failures integer not null default 0 check (consecutive_failures >= 0),
    consecutive_successes integer not null default 0 check (consecutive_successes >= 0),
    consecutive_outages integer not null default 0 check (consecutive_outages >= 0),
    failing_since timestamptz,
    counted_at timestamptz,
    told_at timestamptz,
    expires_at timestamptz,
    expiry_told_for timestamptz,
    expiry_told_days smallint,
    alert_after smallint check (alert_after between 1 and 100),
    next_check_at timestamptz not null default now(),
    job_id uuid,
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    unique (tenant_id, id)
);
create index credential_health_due on credential_health (next_check_at);
create index credential_health_of_tenant on credential_health (tenant_id, provider, credential_type);

create table credential_check (
    id uuid primary key,
    tenant_id uuid not null,
    credential_id uuid not null,
    checked_at timestamptz not null,
    duration_ms integer not null check (duration_ms >= 0),
    state text not null,
    code text not null,
    message text not null,
    next_step text not null default '',
    missing_permissions text[] not null default '{}',
    excess_permissions text[] not null default '{}',
    expires_at timestamptz,
    trigger text not null check (trigger in ('scheduled', 'manual', 'test')),
    job_id uuid,
    task_id text,
    created_at timestamptz not null default now(),
    foreign key (tenant_id, credential_id) references credential_health (tenant_id, id) on delete cascade
);
create index credential_check_newest on credential_check (tenant_id, credential_id, id desc);
create index credential_check_age on credential_check (tenant_id, checked_at);
"""
# The tick sees whose credentials are due and counts those that fail; the upkeep of secrets sees which are in use.
_SYSTEM_RIGHTS = {
    "stored_credential": "select (id, tenant_id, secret_version)",
    "credential_health": "select (id, tenant_id, provider, state, last_success_at, next_check_at)",
}


def upgrade() -> None:
    op.execute(_TABLES)
    access.add_tenant_tables("stored_credential", "credential_health", "credential_check")
    access.open_across_tenants(_SYSTEM_RIGHTS)
