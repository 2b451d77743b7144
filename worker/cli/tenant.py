"""``python -m worker tenant``: the customers of this installation."""

import click
from sqlalchemy import select

from shared.audit.actor import OPERATOR
from shared.audit.log import Target, log_auth_event
from shared.audit.types import AuditType
from shared.database.tables import Tenant
from worker.cli import system_login
from worker.cli.failures import told_plainly


@click.group()
def tenant() -> None:
    """Customers of this installation, whose rows nobody else can see."""


@tenant.command()
@click.argument("name")
@told_plainly
def create(name: str) -> None:
    """Create the tenant NAME and print its id."""
    name = name.strip()
    if not 1 <= len(name) <= 200:
        raise click.BadParameter("must have 1 to 200 characters", param_hint="NAME")
    with system_login.transaction() as session:
        made = Tenant(name=name)
        session.add(made)
        session.flush()
        tenant_id = made.id
        target = Target("tenant", tenant_id, name)
        log_auth_event(session, tenant_id, AuditType.TENANT_CREATED, OPERATOR, target=target)
    click.echo(str(tenant_id))


@tenant.command("list")
@told_plainly
def list_tenants() -> None:
    """List the customers: id, day of making, name."""
    with system_login.transaction() as session:
        tenants = session.scalars(select(Tenant).where(Tenant.deleted_at.is_(None)).order_by(Tenant.id)).all()
    for row in tenants:
        click.echo(f"{row.id}  {row.created_at:%Y-%m-%d}  {row.name}")
