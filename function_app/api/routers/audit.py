"""``/audit-events``: who did what."""

import csv
import io
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response

from function_app.api.dependencies import AuditReader
from function_app.api.models.audit import AuditEventPage, AuditEventsWanted, AuditExportWanted
from function_app.api.models.common import ALWAYS, failures
from function_app.api.paging import Paging
from shared.audit import audit_lists
from shared.audit.audit_lists import COLUMNS, Filter
from shared.audit.log import Target
from shared.audit.types import AuditType
from shared.csv_cells import harmless
from shared.database.reading import read_in

router = APIRouter(prefix="/audit-events", tags=["Audit"])

_CURSOR_HEADER = "X-Next-Cursor"
_FILE: dict[str, Any] = {
    "description": "The entries.",
    "content": {"text/csv": {"schema": {"type": "string"}}, "application/json": {"schema": {"type": "array"}}},
    "headers": {
        _CURSOR_HEADER: {
            "schema": {"type": "string"},
            "description": "Send it as `cursor` for the next file; missing on the last one.",
        }
    },
}


@router.get("", responses={200: {"model": AuditEventPage}, **failures(*ALWAYS)})
def list_audit_events(caller: AuditReader, wanted: Annotated[AuditEventsWanted, Query()]) -> Response:
    """List entries of the audit log, page by page."""
    page = Paging("audit", audit_lists.ORDERS, wanted.sort, wanted)
    query = audit_lists.listing(_filter(wanted), place=page.place)
    return page.answer(caller, query)


@router.get("/export", response_class=Response, responses={200: _FILE, **failures(*ALWAYS)})
def export_audit_events(caller: AuditReader, wanted: Annotated[AuditExportWanted, Query()]) -> Response:
    """Export entries of the audit log as a file, up to 10,000 at a time; the export is an entry itself."""
    page = Paging("audit export", audit_lists.ORDERS, wanted.sort, wanted)
    query = audit_lists.listing(_filter(wanted), place=page.place)
    with caller.transaction() as session:
        found = page.content(read_in(session, query))
        rows, cursor = found["items"], found["next_cursor"]
        told = {"format": wanted.format, "entries": len(rows)}
        caller.log(session, AuditType.AUDIT_EXPORTED, Target("audit"), details=told)
    content = _csv(rows) if wanted.format == "csv" else orjson.dumps(rows)
    media_type = "text/csv" if wanted.format == "csv" else "application/json"
    headers = {"Content-Disposition": f'attachment; filename="audit.{wanted.format}"'}
    if cursor is not None:
        headers[_CURSOR_HEADER] = cursor
    return Response(content, headers=headers, media_type=media_type)


def _filter(wanted: AuditEventsWanted) -> Filter:
    return Filter(
        types=tuple(wanted.type),
        result=wanted.result,
        actor_id=wanted.actor_id,
        target_id=wanted.target_id,
        ip=wanted.ip,
        since=wanted.since,
        until=wanted.until,
    )


def _csv(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in COLUMNS])
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return harmless(value if isinstance(value, str) else orjson.dumps(value).decode())
