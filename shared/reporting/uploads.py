"""Uploads: exports on their way into Blob storage and from there into reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.database.reading import Query
from shared.database.tables import Upload
from shared.errors import ConflictError, InvalidRequestError, NotFoundError
from shared.storage.blobs import BlobFacts
from shared.storage.paths import upload_path

# A received file that no report was ordered from is swept away after this long.
_UNUSED_FILE_KEPT = timedelta(hours=24)
_SELECT = """
select id, file_name, case when state = 'waiting' and expires_at < now() then 'expired' else state end as state,
    size_bytes, report_id, expires_at, created_at, blob_path from upload
"""


class UploadNotFoundError(NotFoundError):
    """There is no such upload for this caller."""

    code = "upload_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such upload.", next_step="Ask for an upload link by POST /api/v1/uploads.")


class UploadUsedError(ConflictError):
    """A report was already made from an upload."""

    code = "upload_used"

    def __init__(self) -> None:
        super().__init__(
            "A report was already ordered from this upload.", next_step="Upload the file again for another report."
        )


class UploadMissingError(ConflictError):
    """The link was given out, yet no file came."""

    code = "upload_not_received"

    def __init__(self, file_name: str) -> None:
        super().__init__(
            f"The file {file_name!r} has not been uploaded yet.",
            next_step="PUT the file to the upload link first; ask for a new link if it has expired.",
        )


class UploadEmptyError(InvalidRequestError):
    """An uploaded file holds nothing."""

    code = "file_empty"

    def __init__(self, file_name: str) -> None:
        super().__init__(
            f"The file {file_name!r} is empty.", next_step="Export the recommendations again and send that file."
        )


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file that lies in Blob storage."""

    upload_id: UUID
    file_name: str
    size_bytes: int


def reading(upload_id: UUID) -> Query:
    """Return the query of one upload."""
    return Query(_SELECT + " where id = %(id)s", {"id": upload_id})


def expect(session: Session, tenant_id: UUID, upload_id: UUID, file_name: str, *, lifetime: timedelta) -> Upload:
    """Write an upload whose file is still to come, within ``lifetime``."""
    upload = Upload(
        id=upload_id,
        tenant_id=tenant_id,
        file_name=file_name,
        blob_path=upload_path(tenant_id, upload_id),
        expires_at=func.clock_timestamp() + lifetime,
    )
    session.add(upload)
    session.flush()
    session.refresh(upload)
    return upload


def add_received(session: Session, tenant_id: UUID, files: Sequence[ReceivedFile]) -> list[Upload]:
    """Write uploads whose files already lie in Blob storage."""
    uploads = [
        Upload(
            id=file.upload_id,
            tenant_id=tenant_id,
            file_name=file.file_name,
            blob_path=upload_path(tenant_id, file.upload_id),
            state="received",
            size_bytes=file.size_bytes,
            expires_at=func.clock_timestamp() + _UNUSED_FILE_KEPT,
        )
        for file in files
    ]
    session.add_all(uploads)
    session.flush()
    return uploads


def find(session: Session, upload_ids: Sequence[UUID]) -> list[Upload]:
    """Return the uploads in the order asked for; raises :class:`UploadNotFoundError` where one is not there."""
    found = {upload.id: upload for upload in session.scalars(select(Upload).where(Upload.id.in_(upload_ids)))}
    try:
        return [found[upload_id] for upload_id in upload_ids]
    except KeyError as error:
        raise UploadNotFoundError from error


def take(session: Session, upload_ids: Sequence[UUID]) -> list[Upload]:
    """Lock received uploads that no report has used yet, and return them in the order asked for.

    Raises :class:`UploadNotFoundError`, :class:`UploadUsedError`, :class:`UploadMissingError` or :class:`UploadEmptyError`.
    """
    session.execute(select(Upload.id).where(Upload.id.in_(upload_ids)).order_by(Upload.id).with_for_update())
    uploads = find(session, upload_ids)
    for upload in uploads:
        session.refresh(upload)
        if upload.state == "used":
            raise UploadUsedError
        if upload.size_bytes is None:
            raise UploadMissingError(upload.file_name)
        if upload.size_bytes == 0:
            raise UploadEmptyError(upload.file_name)
    return uploads


def note_received(session: Session, upload_id: UUID, facts: BlobFacts) -> None:
    """Write that the file of an upload was seen in Blob storage, and which version of it; one that was used stays as it is.

    Its link may still be open: the last look before the order decides which version is imported.
    """
    upload = session.scalars(select(Upload).where(Upload.id == upload_id).with_for_update()).one_or_none()
    if upload is None:
        raise UploadNotFoundError
    if upload.state != "used":
        upload.state, upload.size_bytes, upload.etag = "received", facts.size_bytes, facts.etag
        upload.expires_at = func.greatest(upload.expires_at, func.clock_timestamp() + _UNUSED_FILE_KEPT)
