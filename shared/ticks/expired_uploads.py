"""Uploads that nobody made a report of: their time is over, and so is that of their files."""

from sqlalchemy import delete, func, select

from shared.database.tables import Upload
from shared.services import Services

_MOST_AT_ONCE = 500


def remove_expired_uploads(services: Services) -> int:
    """Remove uploads whose time is over, row and blob, and return how many.

    Row by row, the row first: an upload whose row is gone can be ordered by nobody, and when storage is away, no more than
    one file is left without a row. Raises :class:`~shared.storage.blobs.StorageUnavailableError`.
    """
    removed = 0
    while removed < _MOST_AT_ONCE:
        with services.system_database.across_tenants() as session:
            expired = (
                select(Upload.id)
                .where(Upload.state != "used", Upload.report_id.is_(None), Upload.expires_at < func.now())
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            path = session.scalar(delete(Upload).where(Upload.id == expired.scalar_subquery()).returning(Upload.blob_path))
        if path is None:
            break
        services.blobs.delete(path)
        removed += 1
    return removed
