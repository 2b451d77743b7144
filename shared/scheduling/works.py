"""What a schedule runs: reports, checks, upkeep, or any job that people may ask for by name."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from shared.azure.filters import FetchFilter
from shared.azure.live_orders import LiveOrder
from shared.connections.selection import Selection
from shared.errors import InvalidRequestError
from shared.jobs.kinds import (
    CHECK_ALL_CREDENTIALS_HEALTH,
    KINDS,
    ORDER_SCHEDULED_REPORTS,
    RUN_UPKEEP,
    SYNC_AZURE_STATISTICS,
    JobKind,
)
from shared.reports import ReportFormat, ReportType
from shared.reports.options import ReportOptions

MAX_CLIENTS = 500
MAX_ARGUMENT_BYTES = 16_384
KIND_OF_WORK = {
    "report": ORDER_SCHEDULED_REPORTS.name,
    "credential_check": CHECK_ALL_CREDENTIALS_HEALTH.name,
    "statistics_sync": SYNC_AZURE_STATISTICS.name,
    "upkeep": RUN_UPKEEP.name,
}
"""The job that each kind of work is; the kind ``job`` names its own."""


class WorkInvalidError(InvalidRequestError):
    """What a schedule should run cannot be run."""

    code = "schedule_work_invalid"


class JobKindUnknownError(WorkInvalidError):
    """There is no such job, or none that people may schedule."""

    code = "job_kind_unknown"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no job '{name[:100]}' that can be scheduled.",
            next_step="GET /api/v1/schedules/job-kinds lists those that can.",
        )


class LiveChoice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """How live reports are fetched from Azure."""

    connection_id: UUID | None = None
    """``None``: each client's own connection."""
    selection: Selection | None = None
    """Which subscriptions; ``None``: those that the connection is set to."""
    filters: FetchFilter = FetchFilter()
    keep_put_aside: bool = False
    refresh_first: bool = False

    def order_by(self, connection_id: UUID) -> LiveOrder:
        """Return the order of one fetch through a connection."""
        return LiveOrder(
            connection_id=connection_id,
            selection=self.selection,
            filters=self.filters,
            keep_put_aside=self.keep_put_aside,
            refresh_first=self.refresh_first,
        )


class ReportWork(msgspec.Struct, frozen=True, kw_only=True, tag="report", tag_field="kind", omit_defaults=True):
    """Reports of these types for these clients."""

    client_ids: Annotated[tuple[UUID, ...], msgspec.Meta(max_length=MAX_CLIENTS)] = ()
    all_clients: bool = False
    """Every client that is active when the run begins."""
    report_types: Annotated[tuple[ReportType, ...], msgspec.Meta(min_length=1)] = (ReportType.DETAILED,)
    formats: Annotated[tuple[ReportFormat, ...], msgspec.Meta(min_length=1)] = (ReportFormat.PDF,)
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=300)] | None = None
    source: Literal["snapshot", "live"] = "snapshot"
    """``snapshot``: the newest one of each client; ``live``: fetched from Azure by the run."""
    live: LiveChoice | None = None
    options: ReportOptions = ReportOptions()


class CredentialCheckWork(msgspec.Struct, frozen=True, tag="credential_check", tag_field="kind"):
    """A check of every stored credential."""


class StatisticsWork(msgspec.Struct, frozen=True, tag="statistics_sync", tag_field="kind"):
    """An update of what is kept of a connection's statistics."""

    connection_id: UUID


class UpkeepWork(msgspec.Struct, frozen=True, tag="upkeep", tag_field="kind", omit_defaults=True):
    """Removal of what served its time."""

    dry_run: bool = False


class JobWork(msgspec.Struct, frozen=True, tag="job", tag_field="kind"):
    """Any job that can be asked for by name."""

    job_kind: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    arguments: dict[str, Any] = {}


Work = ReportWork | CredentialCheckWork | StatisticsWork | UpkeepWork | JobWork
WORK_KINDS = (*KIND_OF_WORK, "job")


def work_of(stored: object) -> Work:
    """Return what is stored of a schedule's work; raises :class:`msgspec.ValidationError` for anything else."""
    work: Work = msgspec.convert(stored, Work)
    return work


def stored_work(work: Work) -> dict[str, Any]:
    """Return the work as JSON's own types."""
    stored: dict[str, Any] = msgspec.to_builtins(work)
    return stored


def connection_of(work: Work) -> UUID | None:
    """Return the Azure connection that a schedule's work names."""
    match work:
        case ReportWork(live=LiveChoice(connection_id=connection_id)) | StatisticsWork(connection_id):
            return connection_id
        case JobWork(arguments={"connection_id": str(given)}):
            return UUID(given)
    return None


def check(work: Work) -> Work:
    """Return the work, its arguments completed; raises :class:`WorkInvalidError`, :class:`JobKindUnknownError`."""
    if isinstance(work, ReportWork):
        if work.all_clients == bool(work.client_ids):
            raise WorkInvalidError(
                "The schedule names no client, or both some and all.",
                next_step="Give client_ids, or set all_clients to true.",
            )
        if work.live is not None and work.source != "live":
            raise WorkInvalidError(
                "Reports from snapshots are not fetched from Azure.", next_step="Set source to live, or leave live out."
            )
    if isinstance(work, JobWork):
        kind = schedulable_kinds().get(work.job_kind)
        if kind is None or kind.arguments is None:
            raise JobKindUnknownError(work.job_kind)
        if len(msgspec.json.encode(work.arguments)) > MAX_ARGUMENT_BYTES:
            raise WorkInvalidError("The arguments of the job are too long.", next_step="Keep them below 16 kB.")
        try:
            arguments = msgspec.convert(work.arguments, kind.arguments)
        except msgspec.ValidationError as error:
            raise WorkInvalidError(
                f"The arguments do not fit the job {kind.name}: {error}.",
                next_step="GET /api/v1/schedules/job-kinds shows what each job takes.",
            ) from error
        return JobWork(kind.name, msgspec.to_builtins(arguments))
    job_of(work)
    return work


def schedulable_kinds() -> dict[str, JobKind]:
    """Return the kinds of jobs that people may schedule by name."""
    return {name: kind for name, kind in KINDS.items() if kind.arguments is not None}


def job_of(work: Work) -> tuple[JobKind, dict[str, Any]]:
    """Return the job that a run of ``work`` is, and its arguments; raises :class:`JobKindUnknownError`."""
    match work:
        case JobWork(name, arguments):
            return _known(name), arguments
        case ReportWork():
            return _known(KIND_OF_WORK["report"]), stored_work(work)
        case UpkeepWork(dry_run):
            return _known(KIND_OF_WORK["upkeep"]), {"dry_run": dry_run}
        case CredentialCheckWork():
            return _known(KIND_OF_WORK["credential_check"]), {}
        case StatisticsWork(connection_id):
            return _known(KIND_OF_WORK["statistics_sync"]), {"connection_id": str(connection_id)}


def _known(name: str) -> JobKind:
    if (kind := KINDS.get(name)) is None:
        raise JobKindUnknownError(name)
    return kind
