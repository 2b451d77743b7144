"""Order the reports of one run of a schedule: one for each client and type, each on its own fate."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shared.database.tables import AzureConnection, Client, Job, Report, ScheduleRun, Snapshot
from shared.errors import AdvisorReportsError, ConflictError
from shared.jobs.problems import Problem
from shared.jobs.run import JobRun
from shared.reporting import reports, shared_fetches, sourced_reports
from shared.reporting.clients import ClientStatus
from shared.reporting.reports import Order
from shared.scheduling.works import MAX_CLIENTS, LiveChoice, ReportWork, work_of

_KEPT_PROBLEMS = 50


class NothingOrderedError(ConflictError):
    """A run of a schedule found nothing that it could order."""

    code = "nothing_ordered"


class NoSnapshotError(ConflictError):
    """A client has no snapshot yet, so there is nothing to report on."""

    code = "no_snapshot"

    def __init__(self) -> None:
        super().__init__(
            "The client has no recommendations yet.",
            next_step="Order a report from an export or from Azure first; later runs use what it brought.",
        )


class NoOwnConnectionError(ConflictError):
    """It is not clear through which connection a client's recommendations are fetched."""

    code = "no_own_connection"

    def __init__(self, found: int) -> None:
        super().__init__(
            "The client has no Azure connection of its own." if not found else "The client has several Azure connections.",
            next_step="Name the connection in the schedule.",
        )


def order_scheduled_reports(run: JobRun) -> None:
    """Order the reports and end; the run of the schedule ends when they have.

    A client for whom none can be ordered is noted on the run, and leaves the others alone. Raises
    :class:`NothingOrderedError` where that goes for all of them.
    """
    work = work_of(run.claim.arguments)
    if not isinstance(work, ReportWork):
        raise LookupError(f"a job of kind {run.claim.kind.name} was given {type(work).__name__}")
    ordered: list[Job] = []
    beside = 0
    left_out: list[dict[str, str]] = []
    with run.finishing() as session:
        run_id = session.scalars(select(Job.schedule_run_id).where(Job.id == run.claim.job_id)).one()
        for client_id in _clients(session, work):
            first: Report | None = None
            for report_type in work.report_types:
                run.check()
                try:
                    with session.begin_nested():
                        wanted = Order(client_id, work.formats, report_type, title=work.title, options=work.options)
                        if first is not None:
                            # Azure is asked once for all types.
                            shared_fetches.order_beside(session, wanted, first, trace_id=run.claim.trace_id)
                            beside += 1
                            continue
                        report, job = _order(session, run, work, wanted)
                        report.schedule_run_id = run_id
                        session.flush()
                    ordered.append(job)
                    first = report if work.source == "live" and run_id is not None else None
                except AdvisorReportsError as error:
                    problem = Problem.of(error)
                    left_out.append({"client_id": str(client_id), "code": problem.code, "message": problem.text})
        if not ordered:
            raise _nothing_ordered(left_out)
        if run_id is not None:
            _await(session, run_id, len(ordered) + beside, left_out)
        for job in ordered:
            run.publish_afterwards(job)


def _nothing_ordered(left_out: list[dict[str, str]]) -> NothingOrderedError:
    if not left_out:
        return NothingOrderedError("There is no active client.", next_step="Create a client, or set one to active.")
    return NothingOrderedError(
        f"No report could be ordered for any of the {len(left_out)} clients and types: {left_out[0]['message']}",
        next_step="Look at the schedule: its problems name clients that are gone; others need a first report.",
    )


def _await(session: Session, run_id: UUID, ordered: int, left_out: list[dict[str, str]]) -> None:
    """Let the run of the schedule wait for the reports; whoever was left out makes it fail in the end."""
    reasons = {"reason_code": left_out[0]["code"], "reason": left_out[0]["message"]} if left_out else {}
    session.execute(
        update(ScheduleRun)
        .where(ScheduleRun.id == run_id)
        .values(
            awaited=ScheduleRun.awaited + ordered,
            ordered_count=ordered,
            failed_count=ScheduleRun.failed_count + len(left_out),
            details={"left_out": left_out[:_KEPT_PROBLEMS]} if left_out else {},
            **reasons,
        )
        .execution_options(synchronize_session=False)
    )


def _order(session: Session, run: JobRun, work: ReportWork, wanted: Order) -> tuple[Report, Job]:
    trace_id = run.claim.trace_id
    if work.source == "live":
        choice = work.live or LiveChoice()
        live = choice.order_by(choice.connection_id or _own_connection(session, wanted.client_id))
        return sourced_reports.order_live(session, run.tenant_id, wanted, live, trace_id=trace_id)
    newest = select(Snapshot.id).where(Snapshot.client_id == wanted.client_id).order_by(Snapshot.taken_at.desc()).limit(1)
    snapshot_id = session.scalars(newest).one_or_none()
    if snapshot_id is None:
        reports.orderable_client(session, wanted.client_id)
        raise NoSnapshotError
    return sourced_reports.order_from_snapshot(session, run.tenant_id, wanted, snapshot_id, trace_id=trace_id)


def _own_connection(session: Session, client_id: UUID) -> UUID:
    of_client = select(AzureConnection.id).where(
        AzureConnection.client_id == client_id, AzureConnection.deleted_at.is_(None)
    )
    found = session.scalars(of_client.limit(2)).all()
    if len(found) != 1:
        raise NoOwnConnectionError(len(found))
    return found[0]


def _clients(session: Session, work: ReportWork) -> list[UUID]:
    if not work.all_clients:
        return list(work.client_ids)
    active = select(Client.id).where(Client.deleted_at.is_(None), Client.status == ClientStatus.ACTIVE)
    return list(session.scalars(active.order_by(Client.id).limit(MAX_CLIENTS)))
