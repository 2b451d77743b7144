"""The one question that is asked before the tenant is known: whose key is this."""

from alembic import op

from shared.database.migrations import access

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Runs with the rights of advisor_system, so that the application role can ask about one hash and see nothing else.
# It sets the tenant of the transaction in the same statement: without a valid key, row-level security shows no row.
# last_used_at is written once a minute at most: a busy key must not turn every read into a write.
_AUTHENTICATE = """
create function authenticate_api_key(given_hash bytea)
returns table (key_id uuid, tenant_id uuid, scopes text[], key_name text)
language plpgsql volatile security definer set search_path = pg_catalog, public
as $$
declare found_key public.api_key%rowtype;
begin
    select k.* into found_key from public.api_key k join public.tenant t on t.id = k.tenant_id
    where k.key_hash = given_hash and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
        and t.deleted_at is null;
    if not found then return; end if;
    perform set_config('app.tenant_id', found_key.tenant_id::text, true);
    if found_key.last_used_at is null or found_key.last_used_at < now() - interval '1 minute' then
        update public.api_key k set last_used_at = now() where k.id = found_key.id;
    end if;
    return query select found_key.id, found_key.tenant_id, found_key.scopes, found_key.name;
end $$;
revoke all on function authenticate_api_key(bytea) from public;
grant execute on function authenticate_api_key(bytea) to advisor_app;
"""


def upgrade() -> None:
    op.execute(_AUTHENTICATE)
    access.run_across_tenants("authenticate_api_key(bytea)")
