"""Where blobs lie: the tenant comes first, so that no path of one tenant is under another's."""

from uuid import UUID


def upload_path(tenant_id: UUID, upload_id: UUID) -> str:
    """Return where an uploaded export lies."""
    return f"{tenant_id}/uploads/{upload_id}"


def report_file_path(tenant_id: UUID, report_id: UUID, *, attempt: int, file_format: str) -> str:
    """Return where one attempt at a report's file lies.

    The attempt is part of the path, so that a worker that lost its lease cannot overwrite what a later one wrote.
    """
    return f"{tenant_id}/reports/{report_id}/{attempt}/report.{file_format}"
