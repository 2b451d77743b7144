"""``python -m worker prepare-database``: what a new database server needs, and every release again."""

import re
from uuid import UUID

import click

from shared import settings
from shared.database.provisioning import Identity, provision
from worker.cli.failures import told_plainly

# With room for what is appended: PostgreSQL's names have 63 characters at most.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,54}")


class IdentityType(click.ParamType[Identity]):
    """NAME=OBJECT_ID."""

    name = "NAME=OBJECT_ID"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Identity:
        """Return the identity, or fail with what is wrong with ``value``."""
        if isinstance(value, Identity):
            return value
        name, separator, object_id = str(value).partition("=")
        if not separator:
            self.fail("must be NAME=OBJECT_ID", param, ctx)
        if not _NAME.fullmatch(name):
            self.fail("the name must have 1 to 55 letters, digits, dots, dashes, underscores or @", param, ctx)
        try:
            return Identity(name, UUID(object_id))
        except ValueError:
            self.fail("the object id must be a UUID", param, ctx)


@click.command("prepare-database")
@click.option(
    "--identity",
    "identities",
    type=IdentityType(),
    multiple=True,
    help="An Azure identity that is to sign in, by the name its login gets; may be given several times.",
)
@told_plainly
def prepare_database(identities: tuple[Identity, ...]) -> None:
    """Make the database with its roles, bring its schema up to this release, and let identities sign in.

    Signs in as DB_OWNER_USER, who must administer the server. Safe to run twice.
    """
    for done in provision(settings.get(), list(identities)):
        click.echo(done)
