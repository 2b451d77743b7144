"""``python -m worker credentials``: how it stands with the credentials of a tenant, and checks of them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import click

from shared import settings
from shared.audit.actor import OPERATOR
from shared.audit.log import Target, log_auth_event
from shared.audit.types import AuditType
from shared.credential_health import health_lists, providers
from shared.credential_health.states import FAILURES, HealthState
from shared.database.reading import read_in
from shared.jobs.kinds import CHECK_ALL_CREDENTIALS_HEALTH, CHECK_CREDENTIAL_HEALTH_MANUAL
from shared.jobs.requests import add_job, publish_job
from shared.reporting.listing import Place, Position
from shared.services import Services
from worker.cli import system_login
from worker.cli.failures import told_plainly

_PAGE = 200
_tenant = click.option("--tenant", "tenant_id", type=click.UUID, required=True, help="Whose credentials.")


@click.group()
def credentials() -> None:
    """Whether the credentials of a tenant work."""


@credentials.command("list")
@_tenant
@click.option("--state", "states", type=click.Choice(HealthState), multiple=True, help="Only these; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document a line.")
@told_plainly
def list_credentials(tenant_id: UUID, states: tuple[HealthState, ...], *, as_json: bool) -> None:
    """List how it stands with each credential. The status is 1 where one of them fails."""
    is_failing = False
    with _services(tenant_id) as services:
        for row in _rows(services, tenant_id, states):
            is_failing |= row["state"] in FAILURES
            click.echo(json.dumps(row) if as_json else _line(row))
    if is_failing:
        raise SystemExit(1)


@credentials.command()
@_tenant
@click.option("--provider", help="With --type: only these credentials; default: all.")
@click.option("--type", "credential_type", help="A type of that provider.")
@told_plainly
def check(tenant_id: UUID, provider: str | None, credential_type: str | None) -> None:
    """Have credentials checked now, and print the id of the job."""
    if (provider is None) != (credential_type is None):
        raise click.UsageError("--provider and --type go together.")
    kind, arguments = CHECK_ALL_CREDENTIALS_HEALTH, {}
    if provider is not None and credential_type is not None:
        providers.check_type(provider, credential_type)
        kind, arguments = CHECK_CREDENTIAL_HEALTH_MANUAL, {"provider": provider, "credential_type": credential_type}
    with _services(tenant_id) as services:
        with services.database.tenant(tenant_id) as session:
            job = add_job(session, kind, tenant_id=tenant_id, arguments=arguments)
            target = Target("credentials")
            log_auth_event(session, tenant_id, AuditType.CREDENTIAL_TESTED, OPERATOR, target=target, details=arguments)
        if not publish_job(services.publisher, services.database, job):
            click.echo("The broker did not take the message; a worker begins as soon as it is back.", err=True)
    click.echo(str(job.id))


@contextmanager
def _services(tenant_id: UUID) -> Iterator[Services]:
    with system_login.transaction() as session:
        system_login.tenant_of(session, tenant_id)
    services = Services(settings.get())
    try:
        yield services
    finally:
        services.close()


def _rows(services: Services, tenant_id: UUID, states: tuple[HealthState, ...]) -> Iterator[dict[str, Any]]:
    order = health_lists.HEALTH_ORDERS["name"]
    after: Position | None = None
    while True:
        query = health_lists.health(
            search=None,
            provider=None,
            credential_type=None,
            client_id=None,
            states=tuple(state.value for state in states),
            incident_open=None,
            place=Place(order, _PAGE, after),
        )
        with services.database.tenant(tenant_id) as session:
            rows = read_in(session, query)
        yield from rows[:_PAGE]
        if len(rows) <= _PAGE:
            return
        after = order.position_of(rows[_PAGE - 1])


def _line(row: dict[str, Any]) -> str:
    ends = f"  ends in {row['days_left']} days" if row["days_left"] is not None else ""
    told = f"\n{'':14}{row['message']} {row['next_step']}".rstrip() if row["state"] in {*FAILURES, "unreachable"} else ""
    return f"{row['state']:<12}  {row['name']}  ({row['provider']} {row['credential_type']}, {row['id']}){ends}{told}"
