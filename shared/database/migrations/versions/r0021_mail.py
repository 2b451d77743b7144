"""Mail: recipients of tenants, what is sent to them, every attempt, and addresses on hold."""

from alembic import op

from shared.database.migrations import access

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# A delivery tells what happened by itself, so it outlives the event. Addresses on hold outlive recipients.
_TABLES = """
create table mail_recipient (
    id uuid primary key,
    tenant_id uuid not null references tenant on delete cascade,
    address text not null check (char_length(address) <= 254),
    name text not null default '' check (char_length(name) <= 200),
    language text not null default 'en',
    time_zone text not null default 'UTC',
    kinds text[] not null default '{}',
    client_ids uuid[] not null default '{}',
    attach_reports boolean not null default false,
    digest text not null default 'none' check (digest in ('none', 'daily', 'weekly')),
    digest_hour smallint not null default 8 check (digest_hour between 0 and 23),
    digest_weekday smallint not null default 1 check (digest_weekday between 1 and 7),
    next_digest_at timestamptz,
    digest_since timestamptz,
    enabled boolean not null default true,
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, id)
);
create unique index mail_recipient_address on mail_recipient (tenant_id, lower(address));
create index mail_recipient_digest on mail_recipient (next_digest_at) where next_digest_at is not null;

create table mail_delivery (
    id uuid primary key,
    tenant_id uuid not null references tenant on delete cascade,
    recipient_id uuid,
    kind text not null check (char_length(kind) <= 50),
    event_id uuid,
    event_type text,
    client_id uuid,
    address text not null check (char_length(address) <= 254),
    name text not null default '',
    language text not null,
    time_zone text not null,
    data jsonb not null default '{}' check (pg_column_size(data) <= 65536),
    state text not null check (state in
        ('waiting', 'accepted', 'delivered', 'refused', 'bounced', 'failed', 'held', 'skipped')),
    step smallint not null default 0,
    attempt_count integer not null default 0,
    next_attempt_at timestamptz,
    job_id uuid,
    last_status smallint,
    error_code text,
    error text,
    accepted_at timestamptz,
    reported_at timestamptz,
    created_at timestamptz not null default now(),
    finished_at timestamptz,
    unique (tenant_id, id),
    unique (recipient_id, event_id),
    foreign key (tenant_id, recipient_id) references mail_recipient (tenant_id, id) on delete cascade,
    check ((state = 'waiting') = (next_attempt_at is not null))
);
create index mail_delivery_newest on mail_delivery (tenant_id, id desc);
create index mail_delivery_of_recipient on mail_delivery (tenant_id, recipient_id, id desc);
create index mail_delivery_due on mail_delivery (next_attempt_at) where state = 'waiting';
create index mail_delivery_age on mail_delivery (tenant_id, finished_at);

create table mail_attempt (
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
    foreign key (tenant_id, delivery_id) references mail_delivery (tenant_id, id) on delete cascade
);
create index mail_attempt_age on mail_attempt (tenant_id, started_at);
create index mail_attempt_of_delivery on mail_attempt (tenant_id, delivery_id, id);

create table mail_hold (
    id uuid primary key,
    tenant_id uuid not null references tenant on delete cascade,
    address text not null check (address = lower(address)),
    kind text,
    code text not null check (code in ('bounced', 'refused', 'suppressed', 'unsubscribed')),
    reason text not null check (char_length(reason) <= 1000),
    delivery_id uuid,
    created_at timestamptz not null default now()
);
create unique index mail_hold_address on mail_hold (tenant_id, address, coalesce(kind, ''));

create table mail_welcome (
    id uuid primary key,
    tenant_id uuid not null references tenant on delete cascade,
    user_id text not null check (char_length(user_id) between 1 and 200),
    delivery_id uuid not null,
    created_at timestamptz not null default now(),
    unique (tenant_id, user_id)
);

create table mail_signing_key (
    id uuid primary key,
    tenant_id uuid not null unique references tenant on delete cascade,
    secret_version text not null,
    created_at timestamptz not null default now()
);
"""
_TENANT_TABLES = ("mail_recipient", "mail_delivery", "mail_attempt", "mail_hold", "mail_welcome", "mail_signing_key")
# Whoever passes events on sees who wants them, writes what is to be sent, finds what was left behind and when digests are
# due; the upkeep of secrets sees which are in use.
_SYSTEM_RIGHTS = {
    "mail_recipient": "select, update (next_digest_at, digest_since)",
    "mail_delivery": "select, insert, update",
    "mail_hold": "select (tenant_id, address, kind)",
    "mail_signing_key": "select (id, secret_version)",
}


def upgrade() -> None:
    op.execute(_TABLES)
    access.add_tenant_tables(*_TENANT_TABLES)
    access.open_across_tenants(_SYSTEM_RIGHTS)
