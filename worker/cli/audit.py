"""``python -m worker audit``: whether the audit log is as it was written."""

from uuid import UUID

import click

from shared import settings
from shared.audit import chain
from shared.database.engine import Login
from shared.database.session import Database
from worker.cli.failures import told_plainly


@click.group()
def audit() -> None:
    """The audit log."""


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
