"""``python -m worker report``: exports in, report files out, no server needed."""

import re
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from shared.advisor.exports import ReadLimits
from shared.advisor.unreadable import UnreadableExportError
from shared.errors import AdvisorReportsError
from shared.reports import BUNDLED_FORMATS, ReportFormat, ReportType
from worker.cli.choice_options import CHOICES, choice_options, options_from
from worker.cli.export_rows import ExportRows
from worker.cli.formats_option import CommandWithFormats
from worker.cli.look_options import look_options
from worker.cli.progress import Progress, progress_for
from worker.cli.wanted_report import WantedReport, counted
from worker.reports.bundle import bundle
from worker.reports.document import ReportContent
from worker.reports.render import render
from worker.reports.rendered_file import RenderedFile

EXIT_UNREADABLE = 3
EXIT_INCOMPLETE = 4
EXIT_INTERRUPTED = 130

_EPILOG = """\b
Exit status:
  0    every file was made
  2    the command was called wrongly
  3    the export could not be read; nothing was written
  4    some file could not be made; the others are complete
  130  interrupted

Existing files of the same name are replaced, each in one step when its successor is complete."""


@click.command(cls=CommandWithFormats, epilog=_EPILOG)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--out", "folder", required=True, metavar="DIR", type=click.Path(path_type=Path), help="Folder for the files.")
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="FORMAT...",
    help="One or more of pdf, html, xlsx, pptx, csv, json and zip (all of these in one file); all but zip where not given.",
)
@click.option("--client", metavar="NAME", help="Whom the report is for; where not given, told from the file name.")
@click.option(
    "--type",
    "report_type",
    type=click.Choice([item.value for item in ReportType]),
    default=ReportType.DETAILED.value,
    show_default=True,
    help="What the report tells.",
)
@click.option("--title", help="Title on the cover; where not given, a usual one in the report's language.")
@look_options
@choice_options
@click.option(
    "--previous",
    "previous_files",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, readable=True),
    help="The export before, to say what changed since; given again for its further pages.",
)
@click.option("--category", metavar="NAME", help="Category of a CSV that has no Category column (a single category's page).")
@click.option("--max-rows", envvar="MAX_ROWS", type=click.IntRange(1), default=ReadLimits.max_rows, show_default=True)
@click.option(
    "--max-upload-bytes", envvar="MAX_UPLOAD_BYTES", type=click.IntRange(1), default=ReadLimits.max_bytes, show_default=True
)
@click.option(
    "--max-inflated-bytes",
    envvar="MAX_INFLATED_BYTES",
    type=click.IntRange(1),
    default=ReadLimits.max_inflated_bytes,
    show_default=True,
)
@click.option(
    "--max-inflate-ratio",
    envvar="MAX_INFLATE_RATIO",
    type=click.IntRange(2),
    default=ReadLimits.max_inflate_ratio,
    show_default=True,
)
@click.option("--quiet", is_flag=True, help="Plain lines instead of a progress bar.")
def report(  # noqa: PLR0917  (click passes them by name)
    files: tuple[str, ...],
    folder: Path,
    formats: tuple[ReportFormat, ...],
    client: str | None,
    report_type: str,
    title: str | None,
    language: str,
    previous_files: tuple[str, ...],
    category: str | None,
    max_rows: int,
    max_upload_bytes: int,
    max_inflated_bytes: int,
    max_inflate_ratio: int,
    quiet: bool,
    **chosen: Any,
) -> None:
    """Make report files from Azure Advisor exports.

    FILE is a CSV downloaded from Azure Advisor in the portal, or JSON from az advisor recommendation list, the REST API,
    Resource Graph or the Python SDK, plain or gzip; several files are pages of one export. - reads standard input.
    """
    signal.signal(signal.SIGTERM, _end_in_order)
    limits = ReadLimits(
        max_bytes=max_upload_bytes,
        max_rows=max_rows,
        max_inflated_bytes=max_inflated_bytes,
        max_inflate_ratio=max_inflate_ratio,
    )
    wanted = WantedReport(
        files=files,
        previous_files=previous_files,
        category=category,
        report_type=ReportType(report_type),
        client=client,
        title=title,
        language=language,
        options=options_from(**{name: chosen.pop(name) for name in CHOICES}),
        look=chosen,
    )
    wanted.check()
    progress = progress_for(quiet=quiet)
    try:
        with tempfile.TemporaryDirectory(prefix="advisor-report-") as spool:
            content, rows = counted(wanted, Path(spool), limits, progress)
            failed = _write_all(content, rows, formats or BUNDLED_FORMATS, folder, progress)
    except UnreadableExportError as error:
        _fail(error, EXIT_UNREADABLE)
    except AdvisorReportsError as error:
        _fail(error, EXIT_INCOMPLETE)
    except OSError as error:
        # What is read is kept on disk meanwhile.
        where = error.filename or tempfile.gettempdir()
        click.echo(
            f"Error: {where}: {error.strerror or error}.\nFree space there, or name another folder in TMPDIR.", err=True
        )
        sys.exit(EXIT_INCOMPLETE)
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        sys.exit(EXIT_INTERRUPTED)
    sys.exit(EXIT_INCOMPLETE if failed else 0)


def _write_all(
    content: ReportContent, rows: ExportRows, formats: Sequence[ReportFormat], folder: Path, progress: Progress
) -> bool:
    """Write the files and print a line for each; return whether any failed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.BadParameter(f"{folder} cannot be made: {error.strerror}.", param_hint="--out") from error
    failed = False
    made: list[RenderedFile] = []
    # A ZIP takes what lies there already, so it comes last.
    for file_format in sorted(dict.fromkeys(formats), key=lambda item: item is ReportFormat.ZIP):
        destination = folder / f"{file_stem(content)}.{file_format.value}"
        started = time.monotonic()
        try:
            if file_format is ReportFormat.ZIP:
                rendered = _pack(content, rows, made, destination, progress)
            else:
                rendered = _render(content, rows, file_format, destination, progress)
        except AdvisorReportsError as error:
            failed = True
            _say(error, prefix=f"{file_format.value}: ")
        except OSError as error:
            failed = True
            click.echo(f"{file_format.value}: {destination} could not be written: {error.strerror or error}.", err=True)
        else:
            made.append(rendered)
            _print_file(rendered, time.monotonic() - started)
    return failed


def _render(
    content: ReportContent, rows: ExportRows, file_format: ReportFormat, destination: Path, progress: Progress
) -> RenderedFile:
    with progress.step(f"Making the {file_format.value.upper()} file") as advance:
        return render(
            content,
            rows.recommendations,
            rows.rejected(),
            file_format,
            destination,
            savings=rows.savings,
            on_progress=lambda done: advance(done / max(content.total, 1)),
        )


def _pack(
    content: ReportContent, rows: ExportRows, made: Sequence[RenderedFile], destination: Path, progress: Progress
) -> RenderedFile:
    """Write a ZIP of all formats; those that were not asked for are made for it alone."""
    there = {file.format for file in made}
    with tempfile.TemporaryDirectory(prefix="advisor-report-") as folder:
        others = [
            _render(content, rows, item, Path(folder) / f"report.{item}", progress)
            for item in BUNDLED_FORMATS
            if item not in there
        ]
        return bundle(content.facts, [*made, *others], destination, stem=destination.stem)


def _print_file(rendered: RenderedFile, seconds: float) -> None:
    click.echo(f"{rendered.path}  {_size(rendered.bytes)}  {seconds:.2f} s")
    for warning in rendered.warnings:
        click.echo(f"Note: {warning}", err=True)


def file_stem(content: ReportContent) -> str:
    """Return the name of a report's files without extension, such as ``contoso-ltd-azure-advisor-2025-02-01``."""
    slug = re.sub(r"[^\w]+", "-", content.facts.client_name.lower()).strip("-_")[:60] or "client"
    while len(slug.encode()) > 180:  # file systems count bytes
        slug = slug[:-1]
    return f"{slug}-azure-advisor-{content.facts.created_at:%Y-%m-%d}"


def _size(count: int) -> str:
    return f"{count / 1024:,.0f} KiB" if count < 10 * 1024**2 else f"{count / 1024**2:,.1f} MiB"


def _say(error: AdvisorReportsError, *, prefix: str = "") -> None:
    click.echo(f"{prefix}{error.message}", err=True)
    if error.next_step:
        click.echo(error.next_step, err=True)


def _fail(error: AdvisorReportsError, status: int) -> NoReturn:
    _say(error, prefix="Error: ")
    sys.exit(status)


def _end_in_order(_signal: int, _frame: object) -> NoReturn:
    # Raised rather than ended at once, so that partial files and the PDF's child process are cleared away.
    raise SystemExit(128 + signal.SIGTERM)
