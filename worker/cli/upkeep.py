"""``python -m worker upkeep``: removal of what served its time, now."""

from uuid import UUID

import click

from shared import settings
from shared.services import Services
from shared.upkeep.running import run_upkeep
from worker.cli import system_login
from worker.cli.failures import told_plainly


@click.command()
@click.option("--tenant", "tenant_id", type=click.UUID, required=True, help="Whose rows and files.")
@click.option("--dry-run", is_flag=True, help="Count what would be removed, and remove nothing.")
@told_plainly
def upkeep(tenant_id: UUID, *, dry_run: bool) -> None:
    """Remove what a tenant keeps longer than its rules say, and print how much."""
    with system_login.transaction() as session:
        system_login.tenant_of(session, tenant_id)
    services = Services(settings.get())
    try:
        done = run_upkeep(services, tenant_id, dry_run=dry_run)
    finally:
        services.close()
    for name, count in done.counts.items():
        click.echo(f"{count:>12,}  {name.replace('_', ' ')}")
    for name, problem in done.problems.items():
        click.echo(f"{'failed':>12}  {name.replace('_', ' ')} ({problem})", err=True)
    if done.problems:
        raise SystemExit(1)
