"""Make a sample report in a branding, by the templates that real ones are made by."""

from datetime import UTC, datetime
from uuid import UUID

from shared.branding.branding import DEFAULT_TITLE
from shared.branding.stored import load
from shared.jobs.run import JobRun
from shared.language.language import Language
from shared.reports import ReportFormat, ReportType
from shared.storage.paths import branding_preview_path
from shared.storage.patience import PATIENT
from worker.reports.content import build_content
from worker.reports.document import ReportFacts
from worker.reports.render import render
from worker.reports.sample_rows import sample_rows
from worker.working_folder import working_folder

_CLIENT = "Contoso"


def preview_branding(run: JobRun) -> None:
    """Make the executive summary of an invented client as PDF and put it in the place of the preview before."""
    given = run.claim.arguments
    client_id = UUID(given["client_id"]) if given.get("client_id") else None
    branding = load(run.services, run.tenant_id, client_id)
    language = Language.of(given.get("language") or branding.language)
    facts = ReportFacts(
        client_name=_CLIENT,
        title=branding.title or language.gettext(DEFAULT_TITLE),
        created_at=datetime.now(UTC),
        sources=(),
        report_type=ReportType.EXECUTIVE,
        language=language.tag,
        branding=branding,
    )
    rows, settings = sample_rows(), run.services.settings
    run.report_progress(10, "Drawing a sample report")
    with working_folder() as folder:
        rendered = render(
            build_content(rows, (), facts),
            rows,
            (),
            ReportFormat.PDF,
            folder / "preview.pdf",
            timeout_s=settings.pdf_timeout_s,
            should_stop=run.should_stop,
            fonts_dirs=[settings.fonts_dir] if settings.fonts_dir else None,
        )
        path = branding_preview_path(run.tenant_id, client_id)
        with rendered.path.open("rb") as file:
            run.services.blobs.upload(
                path, file, content_type=rendered.content_type, size_bytes=rendered.bytes, patience=PATIENT
            )
    with run.finishing() as session:
        run.answer(session, {"bytes": rendered.bytes, "warnings": list(rendered.warnings)})
