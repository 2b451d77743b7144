"""A report as the command line wants it: what is read for it, and what it then says."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from shared.advisor.exports import ExportPart, ReadLimits, open_exports
from shared.branding.branding import DEFAULT_TITLE
from shared.language.language import Language
from shared.reports import ReportType
from shared.reports.options import ReportOptions, scope_words
from worker.cli.export_parts import client_of, part_of
from worker.cli.export_rows import ExportRows
from worker.cli.look_options import branding_from
from worker.cli.previous_export import insights_against
from worker.cli.progress import Progress
from worker.reports import terms
from worker.reports.content import build_content
from worker.reports.document import ReportContent, ReportFacts
from worker.reports.source_words import note_words
from worker.reports.sources import source_of
from worker.reports.wording import count_of


@dataclass(frozen=True, kw_only=True)
class WantedReport:
    """What the command was called with, apart from where the files go."""

    files: tuple[str, ...]
    previous_files: tuple[str, ...]
    category: str | None
    report_type: ReportType
    client: str | None
    title: str | None
    language: str
    options: ReportOptions
    look: dict[str, Any]

    @property
    def words(self) -> Language:
        """The language that the report speaks."""
        return Language.of(self.language)

    def check(self) -> None:
        """Raise where the choices leave nothing to report on."""
        categories = self.options.scope.categories
        if categories and self.report_type.categories.isdisjoint(categories):
            raise click.UsageError(f"A {self.report_type} report has none of the categories of --only.")

    def facts_over(self, told: ReportFacts) -> ReportFacts:
        """Return what the files told, with what the caller says instead."""
        return msgspec.structs.replace(
            told,
            client_name=self.client or told.client_name,
            title=self.title or self.words.gettext(DEFAULT_TITLE),
            language=self.language,
            branding=branding_from(**self.look),
            scope=scope_words(self.options.scope, lambda term: terms.title(term, self.words)),
        )


def counted(wanted: WantedReport, spool: Path, limits: ReadLimits, progress: Progress) -> tuple[ReportContent, ExportRows]:
    """Read the exports, and the ones before where there are such, and count what they say."""
    parts = [part_of(name, spool, limits) for name in wanted.files]
    rows, told = _read(
        parts,
        limits,
        progress,
        category=wanted.category,
        language=wanted.words,
        report_type=wanted.report_type,
        options=wanted.options,
    )
    facts = wanted.facts_over(told)
    insights = None
    if wanted.previous_files:
        previous = [part_of(name, spool, limits) for name in wanted.previous_files]
        insights = insights_against(previous, rows, limits, progress, category=wanted.category, options=wanted.options)
    with progress.step("Counting"):
        content = build_content(rows.recommendations, rows.rejected(), facts, savings=rows.savings, insights=insights)
    return content, rows


def _read(
    parts: Sequence[ExportPart],
    limits: ReadLimits,
    progress: Progress,
    *,
    category: str | None,
    language: Language,
    report_type: ReportType,
    options: ReportOptions,
) -> tuple[ExportRows, ReportFacts]:
    started = time.monotonic()
    with progress.step("Reading") as advance:
        export = open_exports(parts, limits=limits, category=category)
        rows = ExportRows(export, advance, report_type=report_type, options=options)
    source = source_of(
        [part.file_name for part in parts],
        export.kind.value,
        exported_at=export.exported_at,
        accepted=rows.accepted,
        rejected=rows.rejected_count,
        notes=[note_words(note.code, note.message, language) for note in export.notes],
        language=language,
    )
    seconds = time.monotonic() - started
    read = f"{count_of(rows.accepted, 'recommendation')}, {count_of(rows.rejected_count, 'row')} rejected"
    click.echo(f"{source.kind}: {read} ({seconds:.1f} s)")
    for note in source.notes:
        click.echo(f"Note: {note}", err=True)
    return rows, ReportFacts(
        client_name=client_of(parts[0].file_name),
        title=DEFAULT_TITLE,
        created_at=_now(),
        sources=(source,),
        report_type=report_type,
    )


def _now() -> datetime:
    """Return the time a report is made; ``SOURCE_DATE_EPOCH`` fixes it, for reports that are the same each time."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(fixed), UTC) if fixed.isdecimal() else datetime.now(UTC)
