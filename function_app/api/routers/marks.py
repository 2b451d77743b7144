"""``/clients/{id}/marks``: what people decided about findings."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from sqlalchemy.orm import Session

from function_app.api.answers import json_answer
from function_app.api.callers import Caller
from function_app.api.dependencies import ReportReader, ReportWriter
from function_app.api.models.common import ALWAYS, failures
from function_app.api.models.comparisons import Mark, MarkHistory, MarkPage, MarksWanted, NewMark
from function_app.api.paging import Paging
from shared.audit.log import Target
from shared.audit.types import AuditType
from shared.comparison import mark_store, marks
from shared.database.reading import read_in
from shared.database.tables import Client
from shared.reporting import clients, comparisons

router = APIRouter(prefix="/clients/{client_id}/marks", tags=["Clients"])

_MAX_HISTORY = 200
Fingerprint = Annotated[
    str, Path(pattern="^[0-9a-f]{32}$", description="The finding's, from the list of a report's recommendations.")
]


@router.get("", responses={200: {"model": MarkPage}, **failures(*ALWAYS, 404)})
def list_marks(client_id: UUID, caller: ReportReader, wanted: Annotated[MarksWanted, Query()]) -> Response:
    """List the marks that the client's findings bear now, the newest first, page by page."""
    page = Paging(f"marks of {client_id}", {"newest": comparisons.NEWEST_FIRST}, "newest", wanted)
    with caller.transaction() as session:
        clients.find(session, client_id)
        rows = read_in(session, comparisons.marks(client_id, wanted.status, page.place))
    return page.answer_rows(rows)


@router.put("/{fingerprint}", responses={200: {"model": Mark}, **failures(*ALWAYS, 404)})
def set_mark(client_id: UUID, fingerprint: Fingerprint, mark: NewMark, caller: ReportWriter) -> Response:
    """Mark a finding as accepted, planned, done or rejected. The mark stays on it and shows in the client's next report."""
    given = marks.Mark(status=mark.status, note=mark.note, owner=mark.owner, due_on=mark.due_on)
    with caller.transaction() as session:
        client = clients.find(session, client_id)
        finding = bytes.fromhex(fingerprint)
        mark_store.set_mark(session, caller.tenant_id, client_id, finding, given, marked_by=caller.key_name)
        _log(session, caller, client, fingerprint, mark.status.value)
        newest = read_in(session, comparisons.mark_history(client_id, finding, limit=1))[0]
    return json_answer(newest)


@router.get("/{fingerprint}", responses={200: {"model": MarkHistory}, **failures(*ALWAYS, 404)})
def get_mark_history(client_id: UUID, fingerprint: Fingerprint, caller: ReportReader) -> Response:
    """Tell who marked a finding how and when, the newest mark first."""
    with caller.transaction() as session:
        clients.find(session, client_id)
        finding = bytes.fromhex(fingerprint)
        mark_store.require_finding(session, client_id, finding)
        items = read_in(session, comparisons.mark_history(client_id, finding, limit=_MAX_HISTORY))
    return json_answer({"items": items})


@router.delete("/{fingerprint}", status_code=204, response_class=Response, responses=failures(*ALWAYS, 404))
def clear_mark(client_id: UUID, fingerprint: Fingerprint, caller: ReportWriter) -> None:
    """Take the mark off a finding; its history stays."""
    with caller.transaction() as session:
        client = clients.find(session, client_id)
        finding = bytes.fromhex(fingerprint)
        mark_store.set_mark(session, caller.tenant_id, client_id, finding, None, marked_by=caller.key_name)
        _log(session, caller, client, fingerprint, "cleared")


def _log(session: Session, caller: Caller, client: Client, fingerprint: str, status: str) -> None:
    target = Target("client", client.id, client.name)
    caller.log(session, AuditType.FINDING_MARKED, target, details={"fingerprint": fingerprint, "status": status})
