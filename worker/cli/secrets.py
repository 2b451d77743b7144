"""``python -m worker secrets``: the keys that seal secrets where there is no Key Vault."""

import click
from cryptography.fernet import Fernet

from shared import settings
from shared.connections import sealed_store
from shared.errors import SettingsError
from worker.cli import system_login
from worker.cli.failures import told_plainly


@click.group()
def secrets() -> None:
    """Secrets of connections kept in PostgreSQL, for local installations without a Key Vault."""


@secrets.command("new-key")
def new_key() -> None:
    """Print a new key for SEALED_STORE_KEYS. Put it first, keep the others behind it, then rotate."""
    click.echo(Fernet.generate_key().decode())


@secrets.command()
@told_plainly
def rotate() -> None:
    """Seal all secrets with the first key of SEALED_STORE_KEYS. Safe to repeat; afterwards the other keys can go."""
    keys = settings.get().sealed_store_keys
    if keys is None:
        raise SettingsError(
            "SEALED_STORE_KEYS is not set, so no secret is sealed here.",
            next_step="Secrets in a Key Vault need no rotation.",
        )
    with system_login.transaction() as session:
        anew, already = sealed_store.reseal(session, keys.get_secret_value())
    click.echo(f"Sealed {anew} with the first key; {already} were already.")
