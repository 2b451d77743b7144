"""What a job's course means for the report it serves: state, overall progress, and how it ended."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row, func, update
from sqlalchemy.orm import Session

from shared import events
from shared.database.tables import Report, ReportFile
from shared.database.tables.report import FileState, ReportState
from shared.events.payloads import ReportCompleted, ReportFailed, short
from shared.jobs import left_waiting
from shared.jobs.kinds import (
    FETCH_AZURE_RECOMMENDATIONS,
    GENERATE_AZURE_REPORT,
    GENERATE_REPORT,
    PROCESS_CSV_FILE,
)
from shared.jobs.problems import Problem

FINAL_STATES = (ReportState.COMPLETED, ReportState.FAILED, ReportState.CANCELLED)


@dataclass(frozen=True)
class Stage:
    """The part of a report's way that one kind of job covers, in percent of the whole."""

    state: ReportState
    starts_at: int
    ends_at: int
    phase: str

    def overall(self, percent: float) -> int:
        """Return the report's progress when this stage is at ``percent``."""
        return self.starts_at + int((self.ends_at - self.starts_at) * min(max(percent, 0.0), 100.0) / 100)


_MAKING_FILES = Stage(ReportState.GENERATING, 40, 100, "Making the files")
_STAGES = {
    PROCESS_CSV_FILE.name: Stage(ReportState.PROCESSING, 0, 40, "Reading the export"),
    FETCH_AZURE_RECOMMENDATIONS.name: Stage(ReportState.PROCESSING, 0, 40, "Reading from Azure"),
    GENERATE_REPORT.name: _MAKING_FILES,
    GENERATE_AZURE_REPORT.name: _MAKING_FILES,
}

CARRYING_KINDS = tuple(_STAGES)
"""The kinds of jobs whose course is the report's."""


def stage_of(kind: str) -> Stage | None:
    """Return the stage of a report that jobs of ``kind`` carry, ``None`` for jobs the report's state does not follow."""
    return _STAGES.get(kind)


def begin(session: Session, report_id: UUID, stage: Stage) -> bool:
    """Move the report into ``stage``; ``False`` where it ended or was deleted meanwhile, so that there is nothing to do."""
    now = func.clock_timestamp()
    found = session.execute(
        update(Report)
        .where(Report.id == report_id, Report.state.not_in(FINAL_STATES), Report.deleted_at.is_(None))
        .values(
            state=stage.state,
            progress=func.greatest(Report.progress, stage.starts_at),
            phase=stage.phase,
            started_at=func.coalesce(Report.started_at, now),
            updated_at=now,
            version=Report.version + 1,
        )
        .returning(Report.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return found is not None


def advance(session: Session, report_id: UUID, stage: Stage, percent: float, phase: str) -> None:
    """Show how far ``stage`` is; the row's version stays, since nothing that a caller could change did."""
    session.execute(
        update(Report)
        .where(Report.id == report_id, Report.state == stage.state)
        .values(progress=stage.overall(percent), phase=phase, updated_at=func.clock_timestamp())
        .execution_options(synchronize_session=False)
    )


def complete(session: Session, report_id: UUID) -> None:
    """End the report well: at least one of its files is ready."""
    _end(session, report_id, ReportState.COMPLETED, phase="Done", progress=100)


def fail(session: Session, report_id: UUID, problem: Problem) -> None:
    """End the report with a reason."""
    _end(session, report_id, ReportState.FAILED, phase="Failed", problem=problem)
    _close_pending_files(session, report_id, problem)


def cancel(session: Session, report_id: UUID) -> None:
    """End the report because somebody asked for it."""
    _end(session, report_id, ReportState.CANCELLED, phase="Cancelled")
    _close_pending_files(session, report_id, Problem("cancelled", "The report was cancelled.", ""))


def _end(
    session: Session,
    report_id: UUID,
    state: ReportState,
    *,
    phase: str,
    progress: int | None = None,
    problem: Problem | None = None,
) -> None:
    now = func.clock_timestamp()
    ended = session.execute(
        update(Report)
        .where(Report.id == report_id, Report.state.not_in(FINAL_STATES))
        .values(
            state=state,
            phase=phase,
            progress=Report.progress if progress is None else progress,
            error_code=problem.code if problem else None,
            error_text=problem.text if problem else None,
            next_step=problem.next_step if problem else None,
            updated_at=now,
            finished_at=now,
            version=Report.version + 1,
        )
        .returning(
            *(Report.id, Report.tenant_id, Report.client_id, Report.title, Report.report_type, Report.schedule_run_id)
        )
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if ended is None:
        return
    if state is not ReportState.COMPLETED and ended.schedule_run_id is not None:
        left_waiting.let_one_go_on(session, ended.tenant_id, ended.schedule_run_id, ended.id)
    if state is not ReportState.CANCELLED:
        _tell(session, ended, problem)


def _tell(session: Session, ended: Row[UUID, UUID, UUID, str, str, UUID | None], problem: Problem | None) -> None:
    """Record that a report ended, for those who wait for it elsewhere."""
    report = {
        "report_id": ended.id,
        "client_id": ended.client_id,
        "title": short(ended.title),
        "report_type": ended.report_type,
        "link": f"/api/v1/reports/{ended.id}",
    }
    payload = (
        ReportCompleted(**report)
        if problem is None
        else ReportFailed(**report, error_code=problem.code, error=short(problem.text), next_step=short(problem.next_step))
    )
    events.record(session, ended.tenant_id, payload, client_id=ended.client_id)


def _close_pending_files(session: Session, report_id: UUID, problem: Problem) -> None:
    session.execute(
        update(ReportFile)
        .where(ReportFile.report_id == report_id, ReportFile.state == FileState.PENDING)
        .values(
            state=FileState.FAILED,
            error_code=problem.code,
            error_text=problem.text,
            finished_at=func.clock_timestamp(),
        )
        .execution_options(synchronize_session=False)
    )
