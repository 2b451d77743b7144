"""What a report was ordered with, read from its rows before any file is made."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from shared.branding.branding import DEFAULT_TITLE, Branding
from shared.branding.stored import load as load_branding
from shared.database.tables import Client, Report, ReportFile, Snapshot
from shared.database.tables.report import FileState
from shared.errors import AdvisorReportsError
from shared.jobs.run import JobRun
from shared.language.language import Language
from shared.reporting.report_files import file_name
from shared.reports import ReportFormat, ReportType
from shared.reports.options import ReportOptions, options_for, options_of, scope_words
from worker.jobs.live_facts import coverage_of, scores_of
from worker.reports import terms
from worker.reports.document import ReportFacts, SourceFacts
from worker.reports.source_words import note_words
from worker.reports.sources import source_of


class SnapshotMissingError(AdvisorReportsError):
    """A report has no recommendations to be made from."""

    code = "snapshot_missing"

    def __init__(self) -> None:
        super().__init__("The report has no imported recommendations.", next_step="Order a new report from the export.")


@dataclass(frozen=True)
class ReportOrder:
    """What is to be made."""

    client_id: UUID
    snapshot_id: UUID
    options: ReportOptions
    """As ordered, its scope narrowed to what the type of report is about."""
    facts: ReportFacts
    rows: int
    formats: frozenset[ReportFormat]
    """The files that are still to be made."""
    replaces_files: bool
    """Whether a file that is ready is among them, so that its blob will have no owner."""
    zip_name: str
    """What a ZIP of the report is called; the files in it are called alike."""


def read_order(run: JobRun) -> ReportOrder:
    """Return what the job's report still lacks; raises :class:`SnapshotMissingError` where nothing was imported."""
    with run.services.database.tenant(run.tenant_id) as session:
        report = session.scalars(select(Report).where(Report.id == run.report_id)).one()
        if report.snapshot_id is None:
            raise SnapshotMissingError
        snapshot = session.scalars(select(Snapshot).where(Snapshot.id == report.snapshot_id)).one()
        client = session.scalars(select(Client).where(Client.id == report.client_id)).one()
        files = session.scalars(select(ReportFile).where(ReportFile.report_id == run.report_id)).all()
        ordered, report_type = options_of(report.options), ReportType(report.report_type)
        scores, scored_on = scores_of(session, snapshot.id, ordered.scope.subscriptions)
    branding = load_branding(run.services, run.tenant_id, report.client_id)
    language = Language.of(ordered.language or branding.language)
    pending = {ReportFormat(file.format) for file in files if file.state == FileState.PENDING}
    incomplete = {ReportFormat(file.format) for file in files if pending and _lacks_files(file)}
    return ReportOrder(
        client_id=client.id,
        snapshot_id=snapshot.id,
        options=options_for(report_type, ordered),
        facts=ReportFacts(
            client_name=client.name,
            title=_title_of(report, branding, language),
            created_at=report.created_at,
            sources=(_source_of(snapshot, language),),
            report_type=report_type,
            language=language.tag,
            branding=branding,
            coverage=coverage_of(snapshot),
            scores=scores,
            scored_on=scored_on,
            scope=scope_words(ordered.scope, lambda term: terms.title(term, language)),
        ),
        rows=snapshot.accepted_count,
        formats=frozenset(pending | incomplete),
        replaces_files=bool(incomplete),
        zip_name=file_name(client.name, report.title, report.created_at.date(), ReportFormat.ZIP),
    )


def _title_of(report: Report, branding: Branding, language: Language) -> str:
    """Return the title to print: the order's own, else the branding's, else the usual one in the report's language."""
    if report.title != DEFAULT_TITLE:
        return report.title
    return branding.title or language.gettext(DEFAULT_TITLE)


def _lacks_files(file: ReportFile) -> bool:
    """Return whether it is a ZIP that could not hold everything; it is served as it is until a better one is made."""
    return file.format == ReportFormat.ZIP and file.state == FileState.READY and bool(file.warnings)


def _source_of(snapshot: Snapshot, language: Language) -> SourceFacts:
    names = [file["name"] for file in snapshot.details.get("files", ())] or [snapshot.file_name]
    return source_of(
        names,
        snapshot.source_format,
        exported_at=snapshot.taken_at if snapshot.taken_at_is_exact else None,
        accepted=snapshot.accepted_count,
        rejected=snapshot.rejected_count,
        notes=[note_words(note["code"], note["message"], language) for note in snapshot.details.get("notes", ())],
        language=language,
    )
