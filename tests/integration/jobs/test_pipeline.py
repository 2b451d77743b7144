"""From an uploaded export to report files, by a real worker."""

from uuid import UUID

import pytest

from shared.reports import ReportFormat
from shared.services import Services
from tests.integration.jobs.conftest import StartWorker
from tests.integration.jobs.orders import all_states, order, portal_csv


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_an_export_becomes_files(services: Services, tenant: UUID, start_worker: StartWorker, pool: str) -> None:
    start_worker(pool=pool).wait_ready()
    ordered = order(services, tenant, portal_csv(200), formats=list(ReportFormat))
    assert ordered.publish()
    report = ordered.until_state("completed")
    ordered.assert_made_once(200)
    assert (report.progress, report.phase, report.error_code) == (100, "Done", None)
    assert list(all_states(ordered)) == [("process_csv_file", "succeeded"), ("generate_report", "succeeded")]
