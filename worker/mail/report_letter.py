"""The letter that brings a report: its files as links that end, and attached where the reader wants that."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.database.tables import Report, ReportFile
from shared.database.tables.report import FileState
from shared.mail import links
from shared.reports import ReportFormat
from shared.services import Services
from shared.storage.patience import PATIENT
from worker.mail.letter import Attachment, Fact, Letter, Link, Tone
from worker.mail.occasion import NothingToTellError, Occasion

# What people open first comes first; everything in one is offered last.
_ORDER = tuple(ReportFormat)


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is ready."""

    format: ReportFormat
    file_name: str
    content_type: str
    size_bytes: int
    blob_path: str


def files_of(session: Session, report_id: UUID) -> list[File]:
    """Return the ready files of a report; raises :class:`NothingToTellError` where it is gone or has none."""
    report = session.scalars(select(Report).where(Report.id == report_id, Report.deleted_at.is_(None))).one_or_none()
    if report is None:
        raise NothingToTellError("report_gone", "The report was deleted before the mail was sent.")
    rows = session.scalars(
        select(ReportFile).where(ReportFile.report_id == report_id, ReportFile.state == FileState.READY)
    ).all()
    files = [
        File(
            format=ReportFormat(row.format),
            file_name=row.file_name,
            content_type=row.content_type,
            size_bytes=row.size_bytes or 0,
            blob_path=row.blob_path,
        )
        for row in rows
        if row.blob_path is not None
    ]
    if not files:
        raise NothingToTellError("files_gone", "The report has no files any more.")
    return sorted(files, key=lambda file: _ORDER.index(file.format))


def attached(services: Services, occasion: Occasion, files: Sequence[File]) -> list[Attachment]:
    """Return the first file, where the reader wants it attached and it is small enough; raises as storage does."""
    most = services.settings.mail_attachment_max_bytes
    first = files[0]
    if not occasion.ready.data.get("attach") or not 0 < first.size_bytes <= most:
        return []
    content = services.blobs.read(first.blob_path, max_bytes=most, patience=PATIENT)
    return [Attachment(file_name=first.file_name, content_type=first.content_type, content=content)]


def report_ready(occasion: Occasion, files: Sequence[File], attachments: Sequence[Attachment], key: bytes) -> Letter:
    """A report is ready."""
    language, gettext, settings = occasion.language, occasion.language.gettext, occasion.settings
    report_id, title = UUID(occasion.text("report_id")), occasion.text("title")
    # From the moment the mail was first due, so that a later attempt is the same mail.
    ends_at = max(occasion.ready.created_at, datetime.now(UTC) - timedelta(days=settings.mail_link_days - 1))
    ends_at += timedelta(days=settings.mail_link_days)
    paragraphs = [
        gettext("The report is attached to this mail.") if attachments else "",
        gettext("You can download it until {moment}, without signing in.", moment=occasion.moment(ends_at)),
    ]
    return Letter(
        subject=gettext("Report ready: {title}", title=title),
        heading=gettext("Your report is ready"),
        preview=language.joined(part for part in (title, occasion.client) if part),
        tone=Tone.GOOD,
        paragraphs=(language.sentences(paragraphs),),
        facts=(
            Fact(gettext("Report"), title),
            Fact(gettext("Client"), occasion.client),
            Fact(gettext("Type"), occasion.report_type(occasion.text("report_type"))),
            Fact(gettext("Made"), occasion.moment(str(occasion.ready.data.get("occurred_at")))),
        ),
        links=tuple(
            Link(
                gettext("Download {format}", format=file.format.value.upper()),
                links.link_to(
                    settings,
                    links.File(occasion.ready.tenant_id, report_id, file.format, int(ends_at.timestamp())),
                    key,
                ),
            )
            for file in files
        ),
        notes=(gettext("Whoever has these links can read the report until then: pass them on with care."),),
    )
