"""``python -m worker audit``: whether the audit log is as it was written."""

from uuid import UUID

import click
from sqlalchemy import select

from shared import settings
from shared.audit import chain
from shared.audit.types import AuditType
from shared.database.engine import Login
from shared.database.session import Database
from shared.database.tables import AuditEvent
from worker.cli.failures import told_plainly


@click.group()
def audit() -> None:
    """The audit log."""


@audit.command()
@click.option("--last", type=click.IntRange(1, 10_000), default=100, show_default=True, help="So many entries at most.")
@told_plainly
def refused(last: int) -> None:
    """List keys that were refused because nobody ever held them, the newest first; tenants cannot see those.

    A key that was revoked or has expired is in the log of its tenant.
    """
    database = Database(settings.get(), Login.SYSTEM, pool_size=1)
    try:
        with database.across_tenants() as session:
            entries = session.scalars(
                select(AuditEvent)
                .where(AuditEvent.tenant_id.is_(None), AuditEvent.type == AuditType.SIGN_IN_FAILED.value)
                .order_by(AuditEvent.occurred_at.desc(), AuditEvent.id.desc())
                .limit(last)
            ).all()
    finally:
        database.dispose()
    for entry in entries:
        told = f"{entry.details.get('key', '')}…, {entry.details.get('refused_before', 0)} more before"
        where = f"{entry.ip or 'unknown address'}, {entry.device or 'unknown device'}"
        click.echo(f"{entry.occurred_at:%Y-%m-%d %H:%M:%S} UTC  {where}: {told}")
    if not entries:
        click.echo("No key was refused.")


@audit.command()
@click.option("--tenant", "tenant_id", type=click.UUID, help="Of this tenant alone; of all where not given.")
@told_plainly
def verify(tenant_id: UUID | None) -> None:
    """Check that no entry was changed, removed or slipped in; ends with 1 where one was.

    Prints the last hash of each chain: kept elsewhere, it also tells of a log that was written anew as a whole.
    """
    database = Database(settings.get(), Login.SYSTEM, pool_size=1)
    found = 0
    try:
        chain.seal(database)
        for chain_id in [tenant_id] if tenant_id else chain.chains(database):
            verified = chain.verify(database, chain_id)
            found += len(verified.findings)
            owner = "no tenant" if chain_id == chain.NO_TENANT else str(chain_id)
            click.echo(f"{owner}: {verified.links:,} entries, {verified.removed:,} retired, head {verified.head.hex()}")
            for finding in verified.findings:
                place = f"link {finding.sequence}, " if finding.sequence is not None else ""
                click.echo(f"  {place}entry {finding.event_id}: {finding.what}", err=True)
    finally:
        database.dispose()
    if found:
        click.echo(f"The audit log was tampered with: {found} findings.", err=True)
        raise SystemExit(1)
    click.echo("The audit log is as it was written.")
