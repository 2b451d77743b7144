"""Tenants, keys, clients, uploads, reports, snapshots, recommendations, jobs; row-level security on all of them."""

from alembic import op

from shared.database.migrations import access

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Group roles carry the rights and the policies; logins (one per identity) are members of exactly one.
_ROLES = """
do $$
begin
    if not exists (select from pg_roles where rolname = 'advisor_app') then create role advisor_app nologin; end if;
    if not exists (select from pg_roles where rolname = 'advisor_system') then create role advisor_system nologin; end if;
end $$;
revoke all on schema public from public;
grant usage on schema public to advisor_app, advisor_system;
"""

# Without a tenant the setting is absent or empty, the function null, and every comparison false: nothing is seen.
_CURRENT_TENANT = """
create function current_tenant_id() returns uuid language sql stable parallel safe
    return nullif(current_setting('app.tenant_id', true), '')::uuid;
"""

_TABLES = """
create table tenant (
    id uuid primary key,
    name text not null check (char_length(name) between 1 and 200),
    created_at timestamptz not null default now(),
    deleted_at timestamptz
);

create table api_key (
    id uuid primary key,
    tenant_id uuid not null references tenant on delete cascade,
    name text not null check (char_length(name) between 1 and 200),
    prefix text not null,
    key_hash bytea not null unique check (octet_length(key_hash) = 32),
    scopes text[] not null,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    created_at timestamptz not null default now()
);
create index api_key_of_tenant on api_key (tenant_id, id);

create table client (
    id uuid primary key,
    tenant_id uuid not null references tenant on delete cascade,
    name text not null check (char_length(name) between 1 and 200),
    reference text check (char_length(reference) between 1 and 100),
    status text not null default 'active' check (status in ('active', 'inactive')),
    contact_email text check (char_length(contact_email) <= 320),
    notes text not null default '' check (char_length(notes) <= 10000),
    details jsonb not null default '{}',
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    unique (tenant_id, id)
);
create index client_by_name on client (tenant_id, lower(name), id) where deleted_at is null;
create unique index client_reference on client (tenant_id, reference) where deleted_at is null;

create table snapshot (
    id uuid primary key,
    tenant_id uuid not null references tenant on delete cascade,
    client_id uuid not null,
    source text not null check (source in ('upload', 'live')),
    source_format text not null,
    file_name text not null default '',
    taken_at timestamptz not null,
    taken_at_is_exact boolean not null,
    accepted_count bigint not null check (accepted_count >= 0),
    rejected_count bigint not null check (rejected_count >= 0),
    details jsonb not null default '{}',
    created_at timestamptz not null default now(),
    unique (tenant_id, id),
    foreign key (tenant_id, client_id) references client (tenant_id, id) on delete cascade
);
create index snapshot_of_client on snapshot (tenant_id, client_id, taken_at desc);

create table recommendation (
    tenant_id uuid not null,
    snapshot_id uuid not null,
    id uuid not null,
    fingerprint bytea not null check (octet_length(fingerprint) = 16),
    category text not null,
    category_as_given text not null,
    impact text not null,
    impact_as_given text not null,
    problem text not null,
    solution text not null,
    potential_benefits text not null,
    recommendation_id text not null,
    recommendation_type_id text not null,
    subscription_id text not null,
    subscription_name text not null,
    resource_group text not null,
    resource_name text not null,
    resource_type text not null,
    resource_id text not null,
    annual_savings numeric,
    currency text not null,
    term text not null,
    lookback_days smallint,
    sku text not null,
    region text not null,
    scope text not null,
    updated_at timestamptz,
    retirement_date date,
    retiring_feature text not null,
    extras jsonb not null,
    primary key (snapshot_id, id),
    foreign key (tenant_id, snapshot_id) references snapshot (tenant_id, id) on delete cascade
);
create index recommendation_by_kind on recommendation (snapshot_id, category, impact, id);
create index recommendation_by_savings on recommendation (snapshot_id, annual_savings desc nulls last, id desc);
create index recommendation_by_resource on recommendation (snapshot_id, lower(left(resource_name, 200)), id);

create table rejected_row (
    id uuid primary key,
    tenant_id uuid not null,
    snapshot_id uuid not null,
    line bigint not null,
    file_name text not null default '',
    column_name text not null,
    value text not null,
    reason_code text not null,
    reason text not null,
    created_at timestamptz not null default now(),
    foreign key (tenant_id, snapshot_id) references snapshot (tenant_id, id) on delete cascade
);
create index rejected_row_of_snapshot on rejected_row (snapshot_id, id);

create table report (
    id uuid primary key,
    tenant_id uuid not null references tenant on delete cascade,
    client_id uuid not null,
    snapshot_id uuid,
    title text not null check (char_length(title) between 1 and 300),
    report_type text not null,
    source text not null check (source in ('upload', 'live', 'snapshot')),
    formats text[] not null check (cardinality(formats) > 0),
    state text not null default 'pending'
        check (state in ('pending', 'processing', 'generating', 'completed', 'failed', 'cancelled')),
    progress smallint not null default 0 check (progress between 0 and 100),
    phase text not null default '',
    error_code text,
    error_text text,
    next_step text,
    details jsonb not null default '{}',
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    deleted_at timestamptz,
    unique (tenant_id, id),
    foreign key (tenant_id, client_id) references client (tenant_id, id) on delete cascade,
    foreign key (tenant_id, snapshot_id) references snapshot (tenant_id, id) on delete restrict,
    check ((state = 'failed') = (error_code is not null)),
    check ((state in ('completed', 'failed', 'cancelled')) = (finished_at is not null))
);
create index report_newest on report (tenant_id, id desc) where deleted_at is null;
create index report_of_client on report (tenant_id, client_id, id desc) where deleted_at is null;
create index report_of_snapshot on report (snapshot_id);

create table report_file (
    id uuid primary key,
    tenant_id uuid not null,
    report_id uuid not null,
    format text not null,
    state text not null default 'pending' check (state in ('pending', 'ready', 'failed')),
    file_name text not null,
    content_type text not null,
    size_bytes bigint check (size_bytes >= 0),
    sha256 bytea check (octet_length(sha256) = 32),
    blob_path text,
    warnings text[] not null default '{}',
    error_code text,
    error_text text,
    created_at timestamptz not null default now(),
    finished_at timestamptz,
    unique (tenant_id, report_id, format),
    foreign key (tenant_id, report_id) references report (tenant_id, id) on delete cascade,
    check (state <> 'ready' or (size_bytes is not null and sha256 is not null and blob_path is not null)),
    check ((state = 'failed') = (error_code is not null))
);

create table upload (
    id uuid primary key,
    tenant_id uuid not null references tenant on delete cascade,
    file_name text not null check (char_length(file_name) between 1 and 255),
    blob_path text not null,
    state text not null default 'waiting' check (state in ('waiting', 'received', 'used')),
    size_bytes bigint check (size_bytes >= 0),
    report_id uuid,
    position smallint not null default 0,
    expires_at timestamptz not null,
    created_at timestamptz not null default now(),
    unique (tenant_id, id),
    foreign key (tenant_id, report_id) references report (tenant_id, id) on delete set null (report_id)
);
create index upload_of_report on upload (tenant_id, report_id, position);
create index upload_unused on upload (expires_at) where state <> 'used';

create table job (
    id uuid primary key,
    tenant_id uuid not null references tenant on delete cascade,
    report_id uuid,
    kind text not null,
    queue text not null,
    priority smallint not null,
    arguments jsonb not null default '{}',
    state text not null default 'queued' check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    attempt smallint not null default 0 check (attempt >= 0),
    max_attempts smallint not null check (max_attempts >= 1),
    run_after timestamptz not null,
    published_at timestamptz,
    lease_expires_at timestamptz,
    worker text,
    cancel_requested boolean not null default false,
    progress smallint not null default 0 check (progress between 0 and 100),
    phase text not null default '',
    error_code text,
    error_text text,
    next_step text,
    trace_id text,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    unique (tenant_id, id),
    foreign key (tenant_id, report_id) references report (tenant_id, id) on delete cascade,
    check ((state = 'running') = (lease_expires_at is not null)),
    check ((state = 'failed') = (error_code is not null)),
    check ((state in ('succeeded', 'failed', 'cancelled')) = (finished_at is not null))
);
create index job_newest on job (tenant_id, id desc);
create index job_of_report on job (tenant_id, report_id, id desc);
create index job_waiting on job (run_after) where state = 'queued';
create index job_leased on job (lease_expires_at) where state = 'running';
create index job_finished on job (finished_at) where finished_at is not null;

create table idempotency_record (
    id uuid primary key,
    tenant_id uuid not null references tenant on delete cascade,
    key text not null check (char_length(key) between 1 and 255),
    request_hash bytea not null,
    status_code smallint not null,
    headers jsonb not null,
    body jsonb not null,
    expires_at timestamptz not null,
    created_at timestamptz not null default now(),
    unique (tenant_id, key)
);
create index idempotency_record_expiry on idempotency_record (expires_at);

create table tick (
    name text primary key,
    last_started_at timestamptz,
    last_finished_at timestamptz,
    last_driver text not null default '',
    last_result text not null default ''
);
"""

_TENANT_TABLES = (
    "api_key",
    "client",
    "snapshot",
    "recommendation",
    "rejected_row",
    "report",
    "report_file",
    "upload",
    "job",
    "idempotency_record",
)

# What the role across tenants may do, and nothing more: find and revive jobs, say so on their reports, make tenants and
# first keys, remove what has expired.
_SYSTEM_RIGHTS = {
    "tenant": "select, insert, update",
    "api_key": "select, insert, update",
    "job": "select, insert, update, delete",
    "report": "select, update",
    "report_file": "select, update",
    "upload": "select, update, delete",
    "idempotency_record": "select, delete",
}


def upgrade() -> None:
    op.execute(_ROLES)
    op.execute(_CURRENT_TENANT)
    op.execute(_TABLES)
    access.isolate_tenants("tenant", column="id")
    access.isolate_tenants(*_TENANT_TABLES)
    op.execute("grant select, insert, update, delete on all tables in schema public to advisor_app")
    op.execute("revoke insert, update, delete on tenant from advisor_app")
    op.execute("revoke all on tick from advisor_app")
    access.open_across_tenants(_SYSTEM_RIGHTS)
    op.execute("grant select, insert, update on tick to advisor_system")
    op.execute("revoke all on table alembic_version from advisor_app")
    op.execute("grant select on table alembic_version to advisor_app, advisor_system")
