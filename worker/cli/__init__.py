"""The command line of the worker; each command is loaded only when it is called, so that none pays for another's imports."""

import importlib

import click

from shared import loading

COMMANDS = {
    "audit": "worker.cli.audit:audit",
    "credentials": "worker.cli.credentials:credentials",
    "doctor": "worker.cli.doctor:doctor",
    "key": "worker.cli.key:key",
    "migrate": "worker.cli.migrate:migrate",
    "prepare-database": "worker.cli.prepare_database:prepare_database",
    "report": "worker.cli.report:report",
    "secrets": "worker.cli.secrets:secrets",
    "serve": "worker.cli.serve:serve",
    "tenant": "worker.cli.tenant:tenant",
    "upkeep": "worker.cli.upkeep:upkeep",
}
"""Name of each command, and where it is: ``module:attribute``."""


class LazyGroup(click.Group):
    """A group whose commands are named in :data:`COMMANDS` and imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command, ``None`` where there is none of that name."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        with loading.undisturbed():
            command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)  # noqa: S101  (COMMANDS names commands)
        return command


@click.group(cls=LazyGroup)
def main() -> None:
    """Turn Azure Advisor recommendations into client-ready reports."""
