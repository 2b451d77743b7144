"""Where blobs lie: the tenant comes first, so that no path of one tenant is under another's."""

from uuid import UUID


def upload_root(tenant_id: UUID) -> str:
    """Return the beginning of the paths of all uploads of a tenant."""
    return f"{tenant_id}/uploads/"


def report_root(tenant_id: UUID) -> str:
    """Return the beginning of the paths of all files of a tenant's reports."""
    return f"{tenant_id}/reports/"


def upload_path(tenant_id: UUID, upload_id: UUID) -> str:
    """Return where an uploaded export lies."""
    return f"{upload_root(tenant_id)}{upload_id}"


def report_folder(tenant_id: UUID, report_id: UUID) -> str:
    """Return the beginning of the paths of all files of a report."""
    return f"{report_root(tenant_id)}{report_id}/"


def run_folder(tenant_id: UUID, report_id: UUID, *, job_id: UUID, attempt: int) -> str:
    """Return the beginning of the paths of the files that one attempt of one job makes.

    Job and attempt are part of the path, so that a worker that lost its lease cannot overwrite what a later one wrote.
    """
    return f"{report_folder(tenant_id, report_id)}{job_id}/{attempt}/"


def report_file_path(tenant_id: UUID, report_id: UUID, *, job_id: UUID, attempt: int, file_format: str) -> str:
    """Return where one attempt's file of a report lies."""
    return f"{run_folder(tenant_id, report_id, job_id=job_id, attempt=attempt)}report.{file_format}"


def job_of_path(path: str) -> UUID:
    """Return the job that wrote the report file at ``path``."""
    return UUID(path.split("/")[3])


def logo_path(tenant_id: UUID, client_id: UUID | None, logo_id: UUID, extension: str) -> str:
    """Return where a logo of a client, or of the tenant itself, lies; each one given has a path of its own."""
    return f"{tenant_id}/branding/{client_id or 'tenant'}/{logo_id}.{extension}"


def branding_preview_path(tenant_id: UUID, client_id: UUID | None) -> str:
    """Return where the newest sample report in a branding lies; each takes the place of the one before."""
    return f"{tenant_id}/branding/{client_id or 'tenant'}/preview.pdf"
