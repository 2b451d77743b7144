"""What a live fetch brings beyond a file: where a recommendation stands, Advisor's scores, Microsoft's texts by language."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Columns with constant defaults: no row is rewritten, and the release before this one writes rows that are active.
_STANDING = """
alter table recommendation
    add column standing text not null default 'active'
        check (standing in ('active', 'dismissed', 'postponed', 'excluded')),
    add column standing_until timestamptz,
    add column standing_reason text not null default '';
"""

_SCORES = """
create table advisor_score (
    tenant_id uuid not null,
    snapshot_id uuid not null,
    subscription_id text not null,
    category text not null,
    level text not null check (level in ('latest', 'day', 'week', 'month')),
    scored_at timestamptz not null,
    percent numeric not null check (percent between 0 and 100),
    as_given numeric not null,
    consumption_units numeric,
    impacted_resources bigint,
    potential_increase numeric,
    primary key (snapshot_id, subscription_id, category, level, scored_at),
    foreign key (tenant_id, snapshot_id) references snapshot (tenant_id, id) on delete cascade
);
alter table advisor_score enable row level security;
alter table advisor_score force row level security;
create policy tenant_access on advisor_score to advisor_app
    using (tenant_id = (select current_tenant_id())) with check (tenant_id = (select current_tenant_id()));
grant select, insert, update, delete on advisor_score to advisor_app;
"""

# Microsoft's own texts, the same for everybody: of the deployment, not of a tenant.
_METADATA = """
create table advisor_metadata_language (
    language text primary key,
    refreshed_at timestamptz not null
);
create table advisor_metadata (
    language text not null references advisor_metadata_language on delete cascade,
    recommendation_type_id text not null,
    details jsonb not null,
    primary key (language, recommendation_type_id)
);
revoke all on advisor_metadata, advisor_metadata_language from advisor_app;
grant select on advisor_metadata, advisor_metadata_language to advisor_app;
grant select, insert, update, delete on advisor_metadata, advisor_metadata_language to advisor_system;
"""


def upgrade() -> None:
    op.execute(_STANDING)
    op.execute(_SCORES)
    op.execute(_METADATA)
