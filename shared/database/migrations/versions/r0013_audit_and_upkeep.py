"""The audit log with its chain; sign-in leftovers, retention by tenant and the runs of upkeep."""

from alembic import op

from shared.database.migrations import access

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# Neither tenant nor actor nor target are foreign keys: what was done stays done when they are gone. Events without a tenant
# are those of unknown callers and of the installation itself.
_AUDIT = """
create table audit_event (
    id uuid primary key,
    tenant_id uuid,
    occurred_at timestamptz not null,
    type text not null check (char_length(type) between 1 and 100),
    result text not null check (result in ('success', 'failure')),
    actor_kind text not null,
    actor_id uuid,
    actor_name text check (char_length(actor_name) <= 200),
    target_kind text check (char_length(target_kind) <= 100),
    target_id uuid,
    target_name text check (char_length(target_name) <= 300),
    ip text check (char_length(ip) <= 100),
    user_agent text check (char_length(user_agent) <= 400),
    device text check (char_length(device) <= 100),
    details jsonb not null default '{}' check (pg_column_size(details) <= 16384),
    created_at timestamptz not null default now()
);
create index audit_event_newest on audit_event (tenant_id, occurred_at desc, id desc);
create index audit_event_by_type on audit_event (tenant_id, type, occurred_at desc, id desc);
create index audit_event_of_actor on audit_event (tenant_id, actor_id, occurred_at desc) where actor_id is not null;
create index audit_event_of_target on audit_event (tenant_id, target_id, occurred_at desc) where target_id is not null;

create table audit_unsealed (event_id uuid primary key, chain_id uuid not null, occurred_at timestamptz not null);
create table audit_chain (chain_id uuid primary key, sequence bigint not null, hash bytea not null);
create table audit_seal (
    chain_id uuid not null,
    sequence bigint not null,
    event_id uuid not null unique,
    event_hash bytea not null,
    hash bytea not null,
    removed_at timestamptz,
    primary key (chain_id, sequence)
);
alter table audit_event enable row level security;
alter table audit_event force row level security;
create policy tenant_access on audit_event to advisor_app
    using (tenant_id = (select current_tenant_id())) with check (tenant_id = (select current_tenant_id()));
create policy unknown_callers on audit_event for insert to advisor_app with check (tenant_id is null);
create policy system_access on audit_event to advisor_system using (true) with check (true);
-- Neither may change an event. Only the login of upkeep may remove some, when they have served their time.
grant select, insert on audit_event to advisor_app;
grant select, insert, delete on audit_event to advisor_system;
-- Locking rows asks for the right to update them.
grant select, insert, update, delete on audit_unsealed to advisor_system;
grant select, insert on audit_seal to advisor_system;
grant update (removed_at) on audit_seal to advisor_system;
grant select, insert, update on audit_chain to advisor_system;

-- Whoever writes an event also notes that it has to be sealed.
create function note_unsealed_event() returns trigger language plpgsql security definer
    set search_path = pg_catalog, public as $$
begin
    insert into public.audit_unsealed (event_id, chain_id, occurred_at)
    values (new.id, coalesce(new.tenant_id, '00000000-0000-0000-0000-000000000000'), new.occurred_at);
    return null;
end $$;
revoke all on function note_unsealed_event() from public;
create trigger audit_event_written after insert on audit_event for each row execute function note_unsealed_event();

-- The statement that recognises a key notes its use; the first time is an event.
create function note_first_use_of_key() returns trigger language plpgsql security definer
    set search_path = pg_catalog, public as $$
begin
    insert into public.audit_event
        (id, tenant_id, occurred_at, type, result, actor_kind, actor_id, actor_name, target_kind, target_id, target_name)
    values (
        -- RFC 9562, version 7: milliseconds since 1970, then random bits.
        encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing
            substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1),
            'hex')::uuid,
        new.tenant_id, clock_timestamp(), 'key.first_used', 'success', 'key', new.id, new.name, 'key', new.id, new.name);
    return null;
end $$;
revoke all on function note_first_use_of_key() from public;
create trigger api_key_first_used after update of last_used_at on api_key for each row
    when (old.last_used_at is null and new.last_used_at is not null) execute function note_first_use_of_key();
"""

_SIGN_IN_LEFTOVERS = """
create table authenticator_device (
    id uuid primary key,
    tenant_id uuid not null references tenant on delete cascade,
    user_id uuid not null,
    name text not null check (char_length(name) between 1 and 200),
    sealed_secret bytea not null,
    confirmed_at timestamptz,
    last_used_at timestamptz,
    created_at timestamptz not null default now()
);
create index authenticator_device_of_user on authenticator_device (tenant_id, user_id);
create index authenticator_device_unconfirmed on authenticator_device (tenant_id, created_at) where confirmed_at is null;

create table backup_code (
    id uuid primary key,
    tenant_id uuid not null references tenant on delete cascade,
    user_id uuid not null,
    code_hash bytea not null check (octet_length(code_hash) >= 32),
    used_at timestamptz,
    created_at timestamptz not null default now()
);
create index backup_code_of_user on backup_code (tenant_id, user_id);
create index backup_code_used on backup_code (tenant_id, used_at) where used_at is not null;
"""

# Every removal finds its rows by an index that begins with the tenant and goes on with their age.
_UPKEEP = """
create table retention (
    tenant_id uuid primary key references tenant on delete cascade,
    rules jsonb not null,
    version bigint not null default 1,
    updated_at timestamptz not null default now()
);
create table upkeep_run (
    id uuid primary key,
    tenant_id uuid not null references tenant on delete cascade,
    job_id uuid,
    dry_run boolean not null,
    rules jsonb not null,
    counts jsonb not null,
    problems jsonb not null default '{}',
    duration_s double precision not null,
    created_at timestamptz not null default now()
);
create index upkeep_run_newest on upkeep_run (tenant_id, id desc);
create index upkeep_run_age on upkeep_run (tenant_id, created_at);
create index report_age on report (tenant_id, finished_at) where deleted_at is null and finished_at is not null;
create index report_deleted on report (tenant_id, deleted_at) where deleted_at is not null;
create index report_file_age on report_file (tenant_id, finished_at) where state = 'ready';
create index snapshot_age on snapshot (tenant_id, created_at);
create index rejected_row_age on rejected_row (tenant_id, created_at);
create index job_age on job (tenant_id, finished_at) where finished_at is not null;
create index schedule_deleted on schedule (tenant_id, deleted_at) where deleted_at is not null;
create index idempotency_record_age on idempotency_record (tenant_id, expires_at);
"""
_TENANT_TABLES = ("authenticator_device", "backup_code", "retention", "upkeep_run")


def upgrade() -> None:
    op.execute(_AUDIT)
    access.run_across_tenants("note_unsealed_event()", "note_first_use_of_key()")
    op.execute(_SIGN_IN_LEFTOVERS)
    op.execute(_UPKEEP)
    access.add_tenant_tables(*_TENANT_TABLES)
