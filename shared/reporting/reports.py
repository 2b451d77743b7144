"""Reports: ordered from uploads, cancelled, made again, removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shared.advisor.vocabulary import Category
from shared.branding.branding import DEFAULT_TITLE
from shared.database.tables import Client, Job, Report, ReportFile
from shared.database.tables.report import FileState, ReportState
from shared.errors import ConflictError, NotFoundError
from shared.identifiers import new_id
from shared.jobs.cancellation import cancel_report
from shared.jobs.kinds import (
    FETCH_AZURE_RECOMMENDATIONS,
    GENERATE_AZURE_REPORT,
    GENERATE_REPORT,
    PROCESS_CSV_FILE,
    REMOVE_REPORT_FILES,
    JobKind,
)
from shared.jobs.report_stages import CARRYING_KINDS
from shared.jobs.requests import add_job
from shared.reporting import order_options, report_files, uploads
from shared.reporting.clients import ClientNotFoundError, ClientStatus
from shared.reports import ReportFormat, ReportType
from shared.reports.options import ReportOptions, stored_options

_DEFAULT_OPTIONS = ReportOptions()


class ReportNotFoundError(NotFoundError):
    """There is no such report for this caller."""

    code = "report_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such report.", next_step="List the reports to find its id.")


class ClientInactiveError(ConflictError):
    """A report was ordered for a client that gets none."""

    code = "client_inactive"

    def __init__(self) -> None:
        super().__init__("The client is inactive.", next_step="Set its status to active, then order the report again.")


class ReportEndedError(ConflictError):
    """A report that ended cannot be cancelled."""

    code = "report_ended"

    def __init__(self, state: str) -> None:
        super().__init__(f"The report is {state} already.", next_step="Only a report that is being made can be cancelled.")


class NothingToRetryError(ConflictError):
    """A report is being made, or all its files are there."""

    code = "nothing_to_retry"

    def __init__(self, state: str) -> None:
        super().__init__(
            f"The report is {state} and has no file that failed.",
            next_step="Only reports that failed, were cancelled or lack a file can be retried.",
        )


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted of a new report."""

    client_id: UUID
    formats: tuple[ReportFormat, ...]
    report_type: ReportType = ReportType.DETAILED
    title: str | None = None
    category: Category | None = None
    """The category of an export that does not name it, as pages of one category in the portal do not."""
    options: ReportOptions = _DEFAULT_OPTIONS
    """What the report shall say."""


def order(
    session: Session, tenant_id: UUID, wanted: Order, upload_ids: Sequence[UUID], *, trace_id: str | None
) -> tuple[Report, Job]:
    """Write a report to be made from uploads (pages of one export, in this order) and the job that makes it.

    Publish the job after the commit. Raises :class:`~shared.reporting.clients.ClientNotFoundError`,
    :class:`ClientInactiveError` and what :func:`shared.reporting.order_options.check` and
    :func:`shared.reporting.uploads.take` raise.
    """
    client = orderable_client(session, wanted.client_id)
    pages = uploads.take(session, upload_ids)
    report = write(session, tenant_id, wanted, client, source="upload")
    for position, page in enumerate(pages):
        page.state, page.report_id, page.position = "used", report.id, position
    job = add_job(session, PROCESS_CSV_FILE, tenant_id=tenant_id, report_id=report.id, trace_id=trace_id)
    return report, job


def write(
    session: Session,
    tenant_id: UUID,
    wanted: Order,
    client: Client,
    *,
    source: str,
    snapshot_id: UUID | None = None,
    details: dict[str, Any] | None = None,
) -> Report:
    """Write the row of a new report and those of its files, and return it; the caller adds the job that makes them.

    Raises what :func:`shared.reporting.order_options.check` raises.
    """
    order_options.check(session, client.id, wanted.report_type, wanted.options)
    title = wanted.title or DEFAULT_TITLE
    report = Report(
        id=new_id(),
        tenant_id=tenant_id,
        client_id=client.id,
        snapshot_id=snapshot_id,
        title=title,
        report_type=wanted.report_type,
        source=source,
        formats=list(wanted.formats),
        phase="Waiting for a worker",
        details={**({"category": wanted.category} if wanted.category else {}), **(details or {})},
        options=stored_options(wanted.options),
    )
    session.add(report)
    session.flush()
    session.add_all(
        report_files.planned(
            tenant_id, report.id, wanted.formats, client_name=client.name, title=title, day=datetime.now(UTC).date()
        )
    )
    return report


def cancel(session: Session, report_id: UUID) -> Report:
    """Stop the making of a report: at once where no worker has begun, else within seconds.

    Raises :class:`ReportNotFoundError`, :class:`ReportEndedError`.
    """
    report = find(session, report_id)
    # The job's row is locked before the report's, as the workers do, so that nobody waits in a circle.
    cancel_report(session, report_id)
    session.refresh(report)
    if report.state in {ReportState.COMPLETED, ReportState.FAILED}:
        raise ReportEndedError(report.state)
    return report


def retry(session: Session, report_id: UUID, *, trace_id: str | None) -> tuple[Report, Job]:
    """Make a report that failed or was cancelled once more, or only the files that failed.

    Goes on from where it stopped: an export that was read once is not read again. Publish the job after the commit. Raises
    :class:`ReportNotFoundError`, :class:`NothingToRetryError`.
    """
    report = find(session, report_id, lock=True)
    failed_files = session.scalar(
        select(func.count()).where(ReportFile.report_id == report_id, ReportFile.state == FileState.FAILED)
    )
    ended_short = report.state in {ReportState.FAILED, ReportState.CANCELLED}
    if not ended_short and not (report.state == ReportState.COMPLETED and failed_files):
        raise NothingToRetryError(report.state)
    orderable_client(session, report.client_id)
    session.execute(
        update(ReportFile)
        .where(ReportFile.report_id == report_id, ReportFile.state == FileState.FAILED)
        .values(state=FileState.PENDING, error_code=None, error_text=None, next_step=None, finished_at=None)
        .execution_options(synchronize_session=False)
    )
    kind = _next_kind(report)
    _reopen(session, report)
    return report, add_job(session, kind, tenant_id=report.tenant_id, report_id=report_id, trace_id=trace_id)


def delete(session: Session, report_id: UUID) -> None:
    """Hide a report, stop its making and have its blobs removed; raises :class:`ReportNotFoundError`."""
    report = find(session, report_id)
    cancel_report(session, report_id)
    session.refresh(report, with_for_update=True)
    if report.deleted_at is not None:
        raise ReportNotFoundError
    report.deleted_at = func.clock_timestamp()
    report.version += 1
    # Published by the next sweep: nobody waits for it.
    add_job(session, REMOVE_REPORT_FILES, tenant_id=report.tenant_id, report_id=report_id, by_sweep=True)


def find(session: Session, report_id: UUID, *, lock: bool = False) -> Report:
    """Return a report, for change where ``lock``; raises :class:`ReportNotFoundError`."""
    statement = select(Report).where(Report.id == report_id, Report.deleted_at.is_(None))
    report = session.scalars(statement.with_for_update() if lock else statement).one_or_none()
    if report is None:
        raise ReportNotFoundError
    return report


def newest_job(session: Session, report_id: UUID) -> Job | None:
    """Return the job that was last asked to make a report; removing files is none of its making."""
    making = select(Job).where(Job.report_id == report_id, Job.kind.in_(CARRYING_KINDS))
    return session.scalars(making.order_by(Job.id.desc()).limit(1)).one_or_none()


def orderable_client(session: Session, client_id: UUID) -> Client:
    """Return the client if reports may be ordered for it, and keep it from being deleted until the transaction ends.

    Raises :class:`~shared.reporting.clients.ClientNotFoundError` or :class:`ClientInactiveError`.
    """
    # Shared lock: the client cannot be deleted between this look and the commit.
    found = session.scalars(
        select(Client).where(Client.id == client_id, Client.deleted_at.is_(None)).with_for_update(read=True)
    )
    if (client := found.one_or_none()) is None:
        raise ClientNotFoundError
    if client.status != ClientStatus.ACTIVE:
        raise ClientInactiveError
    return client


def _next_kind(report: Report) -> JobKind:
    if report.source == "live":
        return GENERATE_AZURE_REPORT if report.snapshot_id else FETCH_AZURE_RECOMMENDATIONS
    return GENERATE_REPORT if report.snapshot_id else PROCESS_CSV_FILE


def _reopen(session: Session, report: Report) -> None:
    report.state = ReportState.PENDING
    report.progress = 0
    report.phase = "Waiting for a worker"
    report.error_code = report.error_text = report.next_step = None
    report.started_at = report.finished_at = None
    report.updated_at = func.clock_timestamp()
    report.version += 1
    session.flush()
