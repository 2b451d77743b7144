"""``/metrics`` of a worker: all its processes added up, also those that died; nothing of an earlier run."""

import os
import re
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import UUID

import httpx
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from infra.local import ports
from infra.local.valkey import Valkey
from shared.credential_health.states import HealthState
from shared.jobs.kinds import KINDS
from shared.scheduling.works import WORK_KINDS
from shared.services import Services
from shared.settings import Settings
from shared.ticks.drivers import Driver
from tests.integration.jobs.orders import order, portal_csv
from tests.integration.jobs.waiting import PATIENCE_S, until
from tests.integration.jobs.workers import Worker

_Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]
_LABELS: dict[str, set[str] | None] = {
    "kind": set(KINDS),
    "work": set(WORK_KINDS),
    "driver": set(Driver),
    "provider": {"azure", "http", "ccxt"},
    "result": set(HealthState),
    "outcome": None,
    "format": None,
    "scope": None,
    "le": None,
}


@pytest.fixture
def services(settings: Settings, own_broker: Valkey) -> Iterator[Services]:
    """What an orderer works with; messages go to the test's own broker."""
    made = Services(settings.model_copy(update={"broker_url": SecretStr(own_broker.url())}))
    yield made
    made.close()


@pytest.fixture
def port() -> int:
    """A free port."""
    return ports.choose()


@pytest.fixture
def measured(own_environment: dict[str, str], port: int, tmp_path: Path) -> dict[str, str]:
    """The environment of a worker that serves metrics."""
    return {**own_environment, "WORKER_METRICS_PORT": str(port), "TMPDIR": str(tmp_path)}


def _scrape(port: int) -> _Samples:
    answer = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE_S)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def _sum(samples: _Samples, name: str, **labels: str) -> float:
    return sum(value for (found, given), value in samples.items() if found == name and labels.items() <= set(given))


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_all_processes_are_counted_on_one_page(
    measured: dict[str, str], services: Services, tenant: UUID, port: int, pool: str
) -> None:
    with Worker(measured, pool=pool) as worker:
        worker.wait_ready()
        for rows in (10, 20, 30):
            ordered = order(services, tenant, portal_csv(rows))
            ordered.publish()
            ordered.until_state("completed")
        # The row says that a job ended a moment before its process counts it.
        samples = until(
            lambda: found if _sum(found := _scrape(port), "advisor_jobs_total") >= 6 else None, "six jobs to be counted"
        )
        assert _sum(samples, "advisor_jobs_total", kind="process_csv_file", outcome="succeeded") == 3
        assert _sum(samples, "advisor_jobs_total", kind="generate_report", outcome="succeeded") == 3
        assert _sum(samples, "advisor_rows_total", outcome="accepted") == 60
        assert _sum(samples, "advisor_job_wait_seconds_count") == 6
        assert _sum(samples, "advisor_job_duration_seconds_count") == 6
        assert _sum(samples, "advisor_render_duration_seconds_count", format="html", outcome="succeeded") == 3
        assert _sum(samples, "azure_token_refreshes_total") >= 1
        assert _sum(samples, "azure_token_refresh_failures_total") == 0
        ages = [value for (name, _), value in samples.items() if name == "azure_token_age_seconds"]
        left = [value for (name, _), value in samples.items() if name == "azure_token_expires_in_seconds"]
        assert ages
        assert _sum(samples, "ticker_last_tick_timestamp", driver="worker clock") > 1_700_000_000
        assert all(0 <= age < 1200 for age in ages)
        assert all(80_000 < seconds <= 86_400 for seconds in left)
        _assert_labels_are_bounded(samples)


def test_a_child_that_dies_stays_counted_and_its_successor_counts_on(
    measured: dict[str, str], services: Services, tenant: UUID, port: int
) -> None:
    with Worker(measured, concurrency=1) as worker:
        worker.wait_ready()
        for expected in (2, 4):
            ordered = order(services, tenant, portal_csv(5))
            ordered.publish()
            ordered.until_state("completed")
            until(lambda: _sum(_scrape(port), "advisor_jobs_total") == expected, "both jobs to be counted")  # noqa: B023
            (child,) = worker.children()
            os.kill(child.pid, signal.SIGKILL)
            until(lambda: [c for c in worker.children() if c.pid != child.pid], "another child")  # noqa: B023


@pytest.mark.usefixtures("measured_processes")
def test_an_earlier_run_is_not_counted_and_its_files_go(
    measured: dict[str, str], services: Services, tenant: UUID, port: int, tmp_path: Path
) -> None:
    with Worker(measured) as worker:
        worker.wait_ready()
        ordered = order(services, tenant, portal_csv(5))
        ordered.publish()
        ordered.until_state("completed")
        until(lambda: _sum(_scrape(port), "advisor_jobs_total") == 2, "both jobs to be counted")
        worker.kill()
    (folder,) = tmp_path.glob("advisor-reports-metrics-*")
    (left,) = folder.iterdir()
    with Worker(measured) as worker:
        worker.wait_ready()
        assert _sum(until(lambda: _scrape(port), "a page"), "advisor_jobs_total") == 0
        assert not left.exists()
        assert worker.end() == 0
    assert list(folder.iterdir()) == []


def test_without_a_port_nothing_listens_and_nothing_is_written(own_environment: dict[str, str], tmp_path: Path) -> None:
    with Worker({**own_environment, "TMPDIR": str(tmp_path)}) as worker:
        worker.wait_ready()
        assert _listening(worker) == set()
    assert list(tmp_path.glob("advisor-reports-metrics-*")) == []


def test_metrics_listen_on_the_loopback_interface_only(measured: dict[str, str], port: int) -> None:
    with Worker(measured) as worker:
        worker.wait_ready()
        until(lambda: _scrape(port) or True, "a page")
        assert _listening(worker) == {"127.0.0.1"}


def _listening(worker: Worker) -> set[str]:
    """Return the addresses on which the worker's main process listens."""
    found = psutil.Process(worker.process.pid).net_connections()
    return {connection.laddr.ip for connection in found if connection.status == psutil.CONN_LISTEN}


def _assert_labels_are_bounded(samples: _Samples) -> None:
    for _, labels in samples:
        for name, value in labels:
            assert name in _LABELS, name
            assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", value), f"an id as label: {value}"
            allowed = _LABELS[name]
            assert allowed is None or value in allowed
