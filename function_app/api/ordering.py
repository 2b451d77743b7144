"""Ordering a report: what was sent, where the files go, and the transaction that makes report and job."""

import contextlib
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request, Response, UploadFile
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.orm import Session

from function_app.api.answers import outcome_answer
from function_app.api.callers import Caller
from function_app.api.creation import named
from function_app.api.order_forms import (
    REQUEST_BODY,
    FilesOrder,
    GivenOrder,
    LiveOrderGiven,
    SnapshotOrder,
    UploadsOrder,
    read_order,
)
from shared.audit.log import Target
from shared.audit.types import AuditType
from shared.database.reading import read_in
from shared.database.tables import Job, Report
from shared.errors import AdvisorReportsError
from shared.identifiers import new_id
from shared.jobs.requests import publish_job
from shared.reporting import idempotency, job_lists, report_lists, reports, sourced_reports, uploads
from shared.reporting.idempotency import Outcome
from shared.reporting.uploads import ReceivedFile
from shared.storage.blobs import BlobFacts, BlobTooLargeError
from shared.storage.paths import upload_path
from shared.storage.patience import BRIEF

__all__ = ["REQUEST_BODY", "job_path", "order_report", "with_downloads"]

_ROUTE = "POST /reports"
_BLOB_TYPE = "application/octet-stream"


async def order_report(request: Request, caller: Caller, key: str | None) -> Response:
    """Read the request, put its files into storage, write report and job, and tell the workers."""
    async with read_order(request, caller.services.settings) as given:
        place = _PLACES[type(given)]
        return await run_in_threadpool(place, caller, given, key)


def job_path(job_id: UUID) -> str:
    """Return where a job is polled."""
    return f"/api/v1/jobs/{job_id}"


def with_downloads(report: dict[str, Any]) -> dict[str, Any]:
    """Return the report with a path of the download in each of its files that is ready."""
    for file in report["files"]:
        ready = file["status"] == "ready"
        file["download"] = f"/api/v1/reports/{report['id']}/files/{file['format']}/download" if ready else None
    return report


def _place_files(caller: Caller, given: FilesOrder, key: str | None) -> Response:
    wanted = given.wanted.model_dump_json()
    request = named(key, _ROUTE, wanted, *(part for file in given.files for part in _named(file))) if key else None
    with caller.transaction() as session:
        if request and (first := idempotency.earlier(session, request)):
            return outcome_answer(first)
        # Better told before many megabytes are on their way to storage.
        reports.orderable_client(session, given.wanted.client_id)
    received = _store(caller, given.files)
    placed = False
    try:
        with caller.transaction() as session:
            placing = _Placing(session, caller, given)
            outcome = idempotency.once(session, caller.tenant_id, request, lambda: placing.from_files(received))
        placed = not outcome.replayed
    finally:
        if not placed:
            _discard(caller, [file.upload_id for file in received])
    return _answered(caller, outcome, placing.job)


def _place_uploads(caller: Caller, given: UploadsOrder, key: str | None) -> Response:
    request = named(key, _ROUTE, given.wanted.model_dump_json())
    upload_ids = given.wanted.upload_ids
    with caller.transaction() as session:
        if request and (first := idempotency.earlier(session, request)):
            return outcome_answer(first)
        # Those seen before as well: their links may be open still, and what lies there now is what is ordered.
        awaited = [(upload.id, upload.blob_path) for upload in uploads.find(session, upload_ids) if upload.state != "used"]
    seen = {upload_id: caller.services.blobs.facts_of(path) for upload_id, path in awaited}
    limit = caller.services.settings.max_upload_bytes
    for facts in seen.values():
        if facts is not None and facts.size_bytes > limit:
            raise BlobTooLargeError(facts.size_bytes, limit)
    with caller.transaction() as session:
        placing = _Placing(session, caller, given)
        outcome = idempotency.once(session, caller.tenant_id, request, lambda: placing.from_uploads(seen))
    return _answered(caller, outcome, placing.job)


def _place_live(caller: Caller, given: LiveOrderGiven, key: str | None) -> Response:
    live = given.live()
    return _place_at_once(
        caller,
        given,
        key,
        lambda session: sourced_reports.order_live(session, caller.tenant_id, given.order(), live, trace_id=caller.trace_id),
    )


def _place_snapshot(caller: Caller, given: SnapshotOrder, key: str | None) -> Response:
    return _place_at_once(
        caller,
        given,
        key,
        lambda session: sourced_reports.order_from_snapshot(
            session, caller.tenant_id, given.order(), given.wanted.snapshot_id, trace_id=caller.trace_id
        ),
    )


def _place_at_once(
    caller: Caller,
    given: LiveOrderGiven | SnapshotOrder,
    key: str | None,
    write: Callable[[Session], tuple[Report, Job]],
) -> Response:
    request = named(key, _ROUTE, given.wanted.model_dump_json())
    with caller.transaction() as session:
        placing = _Placing(session, caller, given)
        outcome = idempotency.once(session, caller.tenant_id, request, lambda: placing.by(write))
    return _answered(caller, outcome, placing.job)


_PLACES: dict[type, Callable[[Caller, Any, str | None], Response]] = {
    FilesOrder: _place_files,
    UploadsOrder: _place_uploads,
    LiveOrderGiven: _place_live,
    SnapshotOrder: _place_snapshot,
}


@dataclass
class _Placing:
    """One transaction that writes a report, its files' rows and its job."""

    session: Session
    caller: Caller
    given: GivenOrder
    job: Job | None = None

    def from_files(self, received: Sequence[ReceivedFile]) -> Outcome:
        uploads.add_received(self.session, self.caller.tenant_id, received)
        return self._order([file.upload_id for file in received])

    def from_uploads(self, seen: dict[UUID, BlobFacts | None]) -> Outcome:
        for upload_id in sorted(seen):
            if (facts := seen[upload_id]) is not None:
                uploads.note_received(self.session, upload_id, facts)
        assert isinstance(self.given, UploadsOrder)  # noqa: S101 - tells the type checker what _place_uploads knows
        return self._order(self.given.wanted.upload_ids)

    def by(self, write: Callable[[Session], tuple[Report, Job]]) -> Outcome:
        report, self.job = write(self.session)
        return self._placed(report, self.job)

    def _order(self, upload_ids: Sequence[UUID]) -> Outcome:
        report, self.job = reports.order(
            self.session, self.caller.tenant_id, self.given.order(), upload_ids, trace_id=self.caller.trace_id
        )
        return self._placed(report, self.job)

    def _placed(self, report: Report, job: Job) -> Outcome:
        told = {"source": report.source, "report_type": report.report_type, "client_id": str(report.client_id)}
        target = Target("report", report.id, report.title)
        self.caller.log(self.session, AuditType.REPORT_ORDERED, target, details=told)
        body = {
            "report": with_downloads(read_in(self.session, report_lists.reading(report.id))[0]),
            "job": read_in(self.session, job_lists.reading(job.id))[0],
        }
        return Outcome(202, {"Location": job_path(job.id)}, body)


def _answered(caller: Caller, outcome: Outcome, job: Job | None) -> Response:
    if job is not None and not outcome.replayed:
        publish_job(caller.services.publisher, caller.services.database, job)
    return outcome_answer(outcome)


def _named(file: UploadFile) -> tuple[str, bytes]:
    digest = hashlib.file_digest(file.file, "sha256")  # type: ignore[arg-type]
    file.file.seek(0)
    return file.filename or "", digest.digest()


def _store(caller: Caller, files: Sequence[UploadFile]) -> list[ReceivedFile]:
    """Put the files into storage, all or none."""
    received: list[ReceivedFile] = []
    try:
        for file in files:
            upload_id = new_id()
            path = upload_path(caller.tenant_id, upload_id)
            received.append(ReceivedFile(upload_id, file.filename or "", file.size or 0))
            caller.services.blobs.upload(path, file.file, content_type=_BLOB_TYPE, size_bytes=file.size)
    except BaseException:
        _discard(caller, [file.upload_id for file in received])
        raise
    return received


def _discard(caller: Caller, upload_ids: Sequence[UUID]) -> None:
    # What cannot be removed now lies under no row and costs a little room; the first error is the one to tell, and soon:
    # storage that fails to remove one file is not asked to remove the next.
    with contextlib.suppress(AdvisorReportsError):
        for upload_id in upload_ids:
            caller.services.blobs.delete(upload_path(caller.tenant_id, upload_id), patience=BRIEF)
