"""The end of a report is an event, recorded with it."""

from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from shared.database.tables import DomainEvent
from shared.jobs import report_stages
from shared.jobs.cancellation import cancel_report
from shared.jobs.problems import Problem
from shared.services import Services
from tests.integration.jobs.orders import Ordered, order

_PROBLEM = Problem("unknown_format", "The file is not an export of Azure Advisor.", "Download it again.")


def _events(ordered: Ordered) -> list[DomainEvent]:
    with ordered.services.database.tenant(ordered.tenant_id) as session:
        return list(session.scalars(select(DomainEvent).order_by(DomainEvent.id)))


def test_report_that_completes_or_fails_is_told_once(services: Services, tenant: UUID) -> None:
    ordered = order(services, tenant, b"x")
    with services.database.tenant(tenant) as session:
        report_stages.complete(session, ordered.report_id)
        report_stages.complete(session, ordered.report_id)
    (event,) = _events(ordered)
    assert (event.type, event.client_id) == ("report.completed", ordered.client_id)
    assert event.data["link"] == f"/api/v1/reports/{ordered.report_id}"
    failed = order(services, tenant, b"x")
    with services.system_database.across_tenants() as session:
        # As the sweep does for workers that fell silent.
        report_stages.fail(session, failed.report_id, _PROBLEM)
    event = _events(failed)[-1]
    assert (event.type, event.data["error_code"], event.data["next_step"]) == (
        "report.failed",
        "unknown_format",
        "Download it again.",
    )


def test_report_that_somebody_cancelled_is_no_news(services: Services, tenant: UUID) -> None:
    ordered = order(services, tenant, b"x")
    with services.database.tenant(tenant) as session:
        cancel_report(session, ordered.report_id)
    assert _events(ordered) == []


def test_end_that_is_rolled_back_is_not_told(services: Services, tenant: UUID) -> None:
    ordered = order(services, tenant, b"x")

    def fail() -> None:
        with services.database.tenant(tenant) as session:
            report_stages.complete(session, ordered.report_id)
            session.add(DomainEvent(tenant_id=tenant))

    with pytest.raises(IntegrityError):
        fail()
    assert _events(ordered) == []
