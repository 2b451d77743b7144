"""Azure connections, the subscriptions they see, and the secrets they sign in with where there is no vault."""

from alembic import op

from shared.database.migrations import access

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TABLES = """
create table azure_connection (
    id uuid primary key,
    tenant_id uuid not null references tenant on delete cascade,
    client_id uuid,
    name text not null check (char_length(name) between 1 and 200),
    kind text not null check (kind in (
        'managed_identity', 'workload_identity', 'service_principal_certificate', 'service_principal_secret')),
    directory_id uuid,
    application_id uuid,
    secret_name text,
    secret_version text,
    secret_expires_at timestamptz,
    secret_set_at timestamptz,
    certificate_thumbprint text,
    selection jsonb not null default '{"mode": "all"}',
    status text not null default 'untested' check (status in ('untested', 'working', 'failing')),
    tested_at timestamptz,
    test_result jsonb,
    test_job_id uuid,
    subscriptions_seen_at timestamptz,
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    unique (tenant_id, id),
    foreign key (tenant_id, client_id) references client (tenant_id, id) on delete cascade,
    check (kind = 'managed_identity' or (directory_id is not null and application_id is not null)),
    check ((secret_name is null) = (secret_version is null)),
    check (deleted_at is not null
        or (secret_name is not null) = (kind in ('service_principal_certificate', 'service_principal_secret')))
);
create unique index azure_connection_name on azure_connection (tenant_id, lower(name)) where deleted_at is null;
create index azure_connection_newest on azure_connection (tenant_id, id desc) where deleted_at is null;
create index azure_connection_of_client on azure_connection (tenant_id, client_id);

create table azure_subscription (
    id uuid primary key,
    tenant_id uuid not null,
    connection_id uuid not null,
    subscription_id text not null check (subscription_id = lower(subscription_id)),
    name text not null,
    state text not null,
    directory_id text not null default '',
    management_groups text[] not null default '{}',
    management_group_names text[] not null default '{}',
    tags jsonb not null default '{}',
    seen_at timestamptz not null,
    created_at timestamptz not null default now(),
    unique (tenant_id, connection_id, subscription_id),
    foreign key (tenant_id, connection_id) references azure_connection (tenant_id, id) on delete cascade
);
create index azure_subscription_by_name on azure_subscription (connection_id, lower(left(name, 200)), id);

create table sealed_secret (
    id uuid primary key,
    tenant_id uuid not null references tenant on delete cascade,
    name text not null,
    version text not null,
    sealed bytea not null,
    created_at timestamptz not null default now(),
    unique (tenant_id, name, version)
);

create table secret_upkeep (
    id uuid primary key,
    tenant_id uuid not null references tenant on delete cascade,
    connection_id uuid not null,
    name text not null,
    due_at timestamptz not null,
    attempts smallint not null default 0,
    last_error text,
    created_at timestamptz not null default now(),
    unique (tenant_id, name)
);
create index secret_upkeep_due on secret_upkeep (due_at);
"""
_TENANT_TABLES = ("azure_connection", "azure_subscription", "sealed_secret", "secret_upkeep")
# What the role across tenants may do, and nothing more: see which secrets are still in use, tidy up those that are not,
# seal them anew with another key.
_SYSTEM_RIGHTS = {
    "azure_connection": "select (id, tenant_id, secret_name, secret_version, deleted_at)",
    "sealed_secret": "select, update, delete",
    "secret_upkeep": "select, update, delete",
}


def upgrade() -> None:
    op.execute(_TABLES)
    access.add_tenant_tables(*_TENANT_TABLES)
    access.open_across_tenants(_SYSTEM_RIGHTS)
