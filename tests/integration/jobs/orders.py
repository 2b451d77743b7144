"""Reports ordered as the API orders them, and what became of them."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from shared.database.tables import Client, Job, RecommendationRow, Report, ReportFile, Snapshot
from shared.identifiers import new_id
from shared.jobs import requests
from shared.reporting import reports, uploads
from shared.reports import ReportFormat
from shared.services import Services
from shared.storage.paths import report_folder, upload_path
from tests.generators.estate import Estate
from tests.generators.portal_csv import write_portal_csv
from tests.integration.jobs.waiting import until
from tests.measuring import unmeasured


@unmeasured()
def portal_csv(rows: int) -> bytes:
    """Return a portal export of ``rows`` rows."""
    text = io.StringIO(newline="")
    write_portal_csv(text, Estate(rows=rows, seed=7))
    return text.getvalue().encode("utf-8-sig")


@dataclass
class Ordered:
    """A report ordered from one upload, seen from the database and the container."""

    services: Services
    tenant_id: UUID
    client_id: UUID
    report_id: UUID
    job_id: UUID

    def publish(self) -> bool:
        """Send the first job's message."""
        return requests.publish_job(self.services.publisher, self.services.database, self.job(self.job_id))

    def report(self) -> Report:
        """Return the report as it stands."""
        with self.services.database.tenant(self.tenant_id) as session:
            return session.scalars(select(Report).where(Report.id == self.report_id)).one()

    def job(self, job_id: UUID) -> Job:
        """Return one job as it stands."""
        with self.services.database.tenant(self.tenant_id) as session:
            return session.scalars(select(Job).where(Job.id == job_id)).one()

    def jobs(self) -> list[Job]:
        """Return all jobs of the report, in the order they were made."""
        with self.services.database.tenant(self.tenant_id) as session:
            return list(session.scalars(select(Job).where(Job.report_id == self.report_id).order_by(Job.id)))

    def files(self) -> list[ReportFile]:
        """Return the report's files."""
        with self.services.database.tenant(self.tenant_id) as session:
            return list(session.scalars(select(ReportFile).where(ReportFile.report_id == self.report_id)))

    def snapshots(self) -> int:
        """Return how many snapshots the client has."""
        with self.services.database.tenant(self.tenant_id) as session:
            return session.scalars(select(func.count()).select_from(Snapshot)).one()

    def recommendations(self) -> int:
        """Return how many recommendations the tenant has in all."""
        with self.services.database.tenant(self.tenant_id) as session:
            return session.scalars(select(func.count()).select_from(RecommendationRow)).one()

    def blobs(self) -> set[str]:
        """Return the paths of all blobs of the report."""
        return set(self.services.blobs.paths_under(report_folder(self.tenant_id, self.report_id)))

    def until_state(self, state: str) -> Report:
        """Wait until the report is in ``state``; fail at once where it ended in another."""

        def look() -> Report | None:
            report = self.report()
            ended = report.finished_at is not None and report.state != state
            assert not ended, f"the report {report.state}: {report.error_code} {report.error_text}"
            return report if report.state == state else None

        return until(look, f"the report to be {state}")

    def assert_made_once(self, rows: int) -> None:
        """Assert that there is exactly one set of rows and files."""
        assert (self.snapshots(), self.recommendations()) == (1, rows)
        files = self.files()
        assert {file.state for file in files} == {"ready"}
        until(lambda: self.blobs() == {file.blob_path for file in files}, "only the report's own blobs to be left")


def order(
    services: Services,
    tenant_id: UUID,
    export: bytes,
    *,
    formats: Sequence[ReportFormat] = (ReportFormat.CSV, ReportFormat.HTML),
    file_name: str = "Advisor_2025-02-01T14_38_16.311Z.csv",
) -> Ordered:
    """Upload ``export`` and order a report from it; its message is not sent yet."""
    upload_id, client = new_id(), Client(id=new_id(), tenant_id=tenant_id, name="Contoso")
    services.blobs.upload(upload_path(tenant_id, upload_id), io.BytesIO(export), content_type="text/csv")
    with services.database.tenant(tenant_id) as session:
        session.add(client)
        session.flush()
        uploads.add_received(session, tenant_id, [uploads.ReceivedFile(upload_id, file_name, len(export))])
        wanted = reports.Order(client_id=client.id, formats=tuple(formats))
        report, job = reports.order(session, tenant_id, wanted, [upload_id], trace_id="trace")
    return Ordered(services, tenant_id, client.id, report.id, job.id)


def all_states(ordered: Ordered) -> Iterator[tuple[str, str]]:
    """Yield kind and state of every job of the report."""
    for job in ordered.jobs():
        yield job.kind, job.state
