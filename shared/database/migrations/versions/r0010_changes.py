"""What a report was ordered with, what changed since the one before it, and what people decided about findings."""

from alembic import op

from shared.database.migrations import access

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Constant defaults: no row is rewritten, and the release before this one orders reports without options.
_COLUMNS = """
alter table report add column options jsonb not null default '{}';
alter table snapshot add column findings_noted boolean not null default false;
"""

_TABLES = """
-- When each finding of a client was first and last seen, also after the snapshots that showed it are gone.
create table finding (
    tenant_id uuid not null,
    client_id uuid not null,
    fingerprint bytea not null check (octet_length(fingerprint) = 16),
    cross_key bytea not null check (octet_length(cross_key) = 16),
    from_portal boolean not null,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    primary key (client_id, fingerprint),
    foreign key (tenant_id, client_id) references client (tenant_id, id) on delete cascade
);
create index finding_across_sources on finding (client_id, cross_key);

-- Marks are added and never changed: the newest of a finding is the one it bears, the others are its history.
create table finding_mark (
    id uuid primary key,
    tenant_id uuid not null,
    client_id uuid not null,
    fingerprint bytea not null check (octet_length(fingerprint) = 16),
    status text not null check (status in ('accepted', 'planned', 'done', 'rejected', 'cleared')),
    note text not null default '' check (char_length(note) <= 4000),
    owner text not null default '' check (char_length(owner) <= 200),
    due_on date,
    marked_by text not null,
    created_at timestamptz not null default now(),
    foreign key (tenant_id, client_id) references client (tenant_id, id) on delete cascade
);
create index finding_mark_newest on finding_mark (client_id, fingerprint, id desc);

-- What a snapshot amounts to, by the scope and policy (the basis) of a report: the points of trends.
create table snapshot_totals (
    tenant_id uuid not null,
    snapshot_id uuid not null,
    basis bytea not null,
    totals jsonb not null,
    primary key (snapshot_id, basis),
    foreign key (tenant_id, snapshot_id) references snapshot (tenant_id, id) on delete cascade
);

-- The comparison of a report without its single changes, or why there is none.
create table report_comparison (
    tenant_id uuid not null,
    report_id uuid primary key,
    comparison jsonb,
    reason text not null default '',
    created_at timestamptz not null default now(),
    foreign key (tenant_id, report_id) references report (tenant_id, id) on delete cascade
);

create table report_change (
    tenant_id uuid not null,
    report_id uuid not null,
    id uuid not null,
    kind text not null
        check (kind in ('new', 'returned', 'resolved', 'changed', 'postponed', 'dismissed')),
    fingerprint bytea not null check (octet_length(fingerprint) = 16),
    category text not null,
    impact text not null,
    problem text not null,
    resource_name text not null,
    resource_type text not null,
    resource_id text not null,
    subscription_id text not null,
    subscription_name text not null,
    annual_savings numeric,
    currency text not null,
    impact_before text,
    annual_savings_before numeric,
    currency_before text not null default '',
    problem_before text not null default '',
    changed text[] not null default '{}',
    first_seen_at timestamptz,
    primary key (report_id, id),
    foreign key (tenant_id, report_id) references report (tenant_id, id) on delete cascade
);
create index report_change_of_kind on report_change (report_id, kind, id);
"""

_TENANT_TABLES = ("finding", "finding_mark", "snapshot_totals", "report_comparison", "report_change")


def upgrade() -> None:
    op.execute(_COLUMNS)
    op.execute(_TABLES)
    access.add_tenant_tables(*_TENANT_TABLES)
