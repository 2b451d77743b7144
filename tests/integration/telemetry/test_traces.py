"""One trace from the HTTP request over the job's row to the worker, its statements and its calls to Azure."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from shared.database.session import Database
from shared.database.tables import Job
from tests.integration.jobs.orders import portal_csv
from tests.integration.jobs.waiting import until
from tests.integration.jobs.workers import Worker
from tests.integration.telemetry.processes import Front
from tests.simulators.otlp_collector import CollectedSpan, OtlpCollector

_CALLER = "4bf92f3577b34da6a3ce929d0e0e4736"
_TRACE_PARENT = f"00-{_CALLER}-00f067aa0ba902b7-01"


@pytest.fixture
def exporting(own_environment: dict[str, str], collector: OtlpCollector) -> dict[str, str]:
    """The environment of processes that export to the collector, without much delay."""
    quick = {"OTEL_BSP_SCHEDULE_DELAY": "200", "OTEL_METRIC_EXPORT_INTERVAL": "500"}
    return {**own_environment, **quick, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.address}


@pytest.fixture
def trace_parents(database: Database, tenant: UUID) -> Callable[[], set[str]]:
    """Returns the trace contexts on the rows of the tenant's jobs."""

    def read() -> set[str]:
        with database.tenant(tenant) as session:
            return set(session.scalars(select(Job.trace_parent).where(Job.trace_parent.is_not(None))))

    return read


@pytest.mark.long
@pytest.mark.usefixtures("measured_processes")
def test_one_trace_joins_request_jobs_statements_and_azure(
    exporting: dict[str, str], collector: OtlpCollector, outputs: Path, key: str, trace_parents: Callable[[], set[str]]
) -> None:
    with Worker(exporting) as worker, Front(exporting, outputs / "front.txt") as front, front.client(key) as api:
        worker.wait_ready()
        report = _order(api)
        until(lambda: api.get(f"/api/v1/reports/{report}").json()["status"] == "completed", "the report")
        spans = until(lambda: _complete(collector), "all spans to arrive")
        until(
            lambda: {"advisor_jobs_total", "http.server.request.duration"} <= collector.metric_names(),
            "the metrics of both sides",
        )

    assert {parent.split("-")[1] for parent in trace_parents()} == {_CALLER}
    by_id = {span.span_id: span for span in spans}
    job = next(span for span in spans if span.name == "job process_csv_file")
    assert by_id[job.parent_id].service == "front"
    follower = next(span for span in spans if span.name == "job generate_report")
    assert by_id[follower.parent_id].trace_id == _CALLER
    assert (job.attributes["job.outcome"], follower.attributes["job.outcome"]) == ("succeeded", "succeeded")
    routes = {span.attributes.get("http.route") for span in spans if span.service == "front"}
    assert "/api/v1/reports" in routes
    for service in ("front", "worker"):
        own = [span for span in spans if span.service == service]
        assert any(span.attributes.get("db.system.name") == "postgresql" for span in own)
        assert any("advisor-reports" in str(span.attributes.get("url.full")) for span in own)


def _order(api: httpx.Client) -> str:
    client = api.post("/api/v1/clients", json={"name": "Contoso"}).json()["id"]
    answer = api.post(
        "/api/v1/reports",
        data={"client_id": client, "formats": ["csv"]},
        files={"file": ("export.csv", portal_csv(20), "text/csv")},
        headers={"traceparent": _TRACE_PARENT},
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["report"]["id"])


def _complete(collector: OtlpCollector) -> list[CollectedSpan]:
    """Return the spans of the caller's trace once those of both jobs and of the request are there."""
    spans = [span for span in collector.spans() if span.trace_id == _CALLER]
    names = {span.name for span in spans}
    return spans if {"POST /api/v1/reports", "job process_csv_file", "job generate_report"} <= names else []
