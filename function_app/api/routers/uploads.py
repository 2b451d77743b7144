"""``/uploads``: big exports go straight into storage, by a link."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from function_app.api import creation
from function_app.api.answers import json_answer, outcome_answer
from function_app.api.callers import Caller
from function_app.api.dependencies import IdempotencyKey, ReportReader, ReportWriter
from function_app.api.models.common import ALWAYS, failures
from function_app.api.models.uploads import NewUpload, Upload, UploadCreated
from shared.database.reading import read_in
from shared.identifiers import new_id
from shared.reporting import idempotency, uploads
from shared.reporting.idempotency import Outcome
from shared.reporting.uploads import UploadNotFoundError
from shared.storage.paths import upload_path

router = APIRouter(prefix="/uploads", tags=["Uploads"])


@router.post(
    "",
    status_code=201,
    responses={
        201: {"model": UploadCreated, "description": "Created; PUT the file to `link.url`."},
        **failures(*ALWAYS, 409),
    },
)
def create_upload(upload: NewUpload, caller: ReportWriter, key: IdempotencyKey = None) -> Response:
    """Get a short-lived link for a file. `PUT` the file there with the headers given, then order the report with its id."""
    request = creation.named(key, "POST /uploads", upload.model_dump_json())
    lifetime = timedelta(minutes=caller.services.settings.upload_link_minutes)

    def create() -> Outcome:
        row = uploads.expect(session, caller.tenant_id, new_id(), upload.file_name, lifetime=lifetime)
        body = _shown(read_in(session, uploads.reading(row.id))[0])
        return Outcome(201, {"Location": f"/api/v1/uploads/{row.id}"}, body)

    with caller.transaction() as session:
        outcome = idempotency.once(session, caller.tenant_id, request, create)
    # The link is signed after the commit and never kept: it is a secret, and a repeated request gets a fresh one.
    body = {**outcome.body, "link": _link(caller, UUID(outcome.body["id"]), outcome.body["expires_at"])}
    return outcome_answer(Outcome(outcome.status_code, outcome.headers, body, outcome.replayed))


@router.get("/{upload_id}", responses={200: {"model": Upload}, **failures(*ALWAYS, 404)})
def get_upload(upload_id: UUID, caller: ReportReader) -> Response:
    """Get an upload. Its state turns `received` when the file has arrived."""
    upload = caller.read_one(uploads.reading(upload_id), UploadNotFoundError)
    if upload["state"] in {"waiting", "expired"}:
        facts = caller.services.blobs.facts_of(upload["blob_path"])
        if facts is not None:
            with caller.transaction() as session:
                uploads.note_received(session, upload_id, facts)
                upload = read_in(session, uploads.reading(upload_id))[0]
    return json_answer(_shown(upload))


def _shown(upload: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in upload.items() if name != "blob_path"}


def _link(caller: Caller, upload_id: UUID, expires_at: str) -> dict[str, Any]:
    settings = caller.services.settings
    remaining = datetime.fromisoformat(expires_at) - datetime.now(UTC)
    # A replay just before the end gets a link that still can be used; the file is looked for by the upload's id anyway.
    lifetime = min(max(remaining, timedelta(minutes=1)), timedelta(minutes=settings.upload_link_minutes))
    url = caller.services.blobs.upload_link(upload_path(caller.tenant_id, upload_id), lifetime=lifetime)
    return {
        "method": "PUT",
        "url": url,
        "headers": {"x-ms-blob-type": "BlockBlob", "Content-Type": "application/octet-stream"},
        "expires_at": (datetime.now(UTC) + lifetime).isoformat(),
        "max_bytes": settings.max_upload_bytes,
    }
