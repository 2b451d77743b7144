"""How reports of a tenant and of its clients look."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_BRANDING = """
create table branding (
    id uuid primary key,
    tenant_id uuid not null references tenant on delete cascade,
    client_id uuid,
    primary_colour text check (primary_colour ~ '^#[0-9a-f]{6}$'),
    accent_colour text check (accent_colour ~ '^#[0-9a-f]{6}$'),
    font text check (char_length(font) <= 100),
    title text check (char_length(title) <= 300),
    cover_text text check (char_length(cover_text) <= 1000),
    footer text check (char_length(footer) <= 300),
    contact text check (char_length(contact) <= 1000),
    language text check (char_length(language) <= 35),
    logo jsonb,
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    foreign key (tenant_id, client_id) references client (tenant_id, id) on delete cascade
);
create unique index branding_of_tenant on branding (tenant_id) where client_id is null;
create unique index branding_of_client on branding (tenant_id, client_id) where client_id is not null;
alter table branding enable row level security;
alter table branding force row level security;
create policy tenant_access on branding to advisor_app
    using (tenant_id = (select current_tenant_id())) with check (tenant_id = (select current_tenant_id()));
grant select, insert, update, delete on branding to advisor_app;
"""


def upgrade() -> None:
    op.execute(_BRANDING)
