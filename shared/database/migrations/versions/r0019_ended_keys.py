"""Whose key was presented that is no longer valid, so that its tenant's audit log can tell of it."""

from alembic import op

from shared.database.migrations import access

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# Asked after authenticate_api_key found nobody. It sets no tenant: whoever asks learns whose log to write into, no more.
_ENDED = """
create function holder_of_ended_key(given_hash bytea)
returns table (key_id uuid, tenant_id uuid, key_name text, reason text)
language sql stable security definer set search_path = pg_catalog, public
as $$
    select k.id, k.tenant_id, k.name, case when k.revoked_at is not null then 'revoked' else 'expired' end
    from public.api_key k join public.tenant t on t.id = k.tenant_id
    where k.key_hash = given_hash and t.deleted_at is null and (k.revoked_at is not null or k.expires_at <= now())
$$;
revoke all on function holder_of_ended_key(bytea) from public;
grant execute on function holder_of_ended_key(bytea) to advisor_app;
"""


def upgrade() -> None:
    op.execute(_ENDED)
    access.run_across_tenants("holder_of_ended_key(bytea)")
