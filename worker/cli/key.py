"""``python -m worker key``: API keys of a tenant."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import click
from sqlalchemy import func, select

from shared import access
from shared.audit.actor import OPERATOR
from shared.audit.log import Target, log_auth_event
from shared.audit.types import AuditType
from shared.database.tables import ApiKey
from shared.errors import NotFoundError
from shared.identifiers import new_id
from worker.cli import system_login
from worker.cli.failures import told_plainly

_SCOPES = [scope.value for scope in access.Scope]
# Who orders reports need not see how the installation is, nor who did what.
_USUAL_SCOPES = [scope.value for scope in access.Scope if scope not in {access.Scope.ADMIN, access.Scope.AUDIT_READ}]


@click.group()
def key() -> None:
    """API keys, by which other systems call the API."""


@key.command()
@click.option("--tenant", "tenant_id", type=click.UUID, required=True, help="Whose rows the key opens.")
@click.option("--name", required=True, help="What the key is for.")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(_SCOPES),
    multiple=True,
    help="What it may do; everything but `admin` and `audit:read` where not given.",
)
@click.option("--days", type=click.IntRange(1, 3650), help="How long it is valid; for ever where not given.")
@told_plainly
def create(tenant_id: UUID, name: str, scopes: tuple[str, ...], days: int | None) -> None:
    """Create a key and print it. It is shown this once: only its hash is kept."""
    new = access.generate_key()
    with system_login.transaction() as session:
        system_login.tenant_of(session, tenant_id)
        made = ApiKey(
            id=new_id(),
            tenant_id=tenant_id,
            name=name,
            prefix=new.prefix,
            key_hash=new.key_hash,
            scopes=list(scopes or _USUAL_SCOPES),
            expires_at=datetime.now(UTC) + timedelta(days=days) if days else None,
        )
        session.add(made)
        target, told = Target("key", made.id, name), {"scopes": made.scopes, "days": days}
        log_auth_event(session, tenant_id, AuditType.KEY_CREATED, OPERATOR, target=target, details=told)
    click.echo(new.secret)


@key.command("list")
@click.option("--tenant", "tenant_id", type=click.UUID, required=True, help="Whose keys.")
@told_plainly
def list_keys(tenant_id: UUID) -> None:
    """List the keys of a tenant: id, beginning, name, state, last use."""
    with system_login.transaction() as session:
        system_login.tenant_of(session, tenant_id)
        keys = session.scalars(select(ApiKey).where(ApiKey.tenant_id == tenant_id).order_by(ApiKey.id)).all()
    for row in keys:
        used = f"{row.last_used_at:%Y-%m-%d %H:%M}Z" if row.last_used_at else "never used"
        click.echo(f"{row.id}  {row.prefix}…  {_state_of(row):8}  {used:17}  {row.name}")


@key.command()
@click.argument("key_id", type=click.UUID)
@told_plainly
def revoke(key_id: UUID) -> None:
    """End the key KEY_ID at once and for ever."""
    with system_login.transaction() as session:
        row = session.get(ApiKey, key_id, with_for_update=True)
        if row is None:
            raise NotFoundError(f"There is no key {key_id}.", next_step="List the keys with `python -m worker key list`.")
        if row.revoked_at is None:
            row.revoked_at = func.now()
            log_auth_event(session, row.tenant_id, AuditType.KEY_REVOKED, OPERATOR, target=Target("key", row.id, row.name))
    click.echo(f"The key {key_id} opens nothing any more.")


def _state_of(row: ApiKey) -> str:
    if row.revoked_at is not None:
        return "revoked"
    if row.expires_at is not None and row.expires_at <= datetime.now(UTC):
        return "expired"
    return "valid"
