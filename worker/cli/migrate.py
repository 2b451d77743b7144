"""``python -m worker migrate``: bring the database's schema up to this release."""

import click

from shared import settings
from shared.database import schema
from shared.database.engine import Login, create_engine
from worker.cli.failures import told_plainly


@click.command()
@told_plainly
def migrate() -> None:
    """Bring the database's schema up to this release, as the owner of the schema.

    Safe to run twice and by several at once.
    """
    engine = create_engine(settings.get(), Login.OWNER, pool_size=1)
    try:
        before = schema.current_revision(engine)
        reached = schema.upgrade(engine)
    finally:
        engine.dispose()
    click.echo(f"The schema is at revision {reached}" + (" already." if before == reached else f" (before: {before})."))
