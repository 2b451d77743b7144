"""Pack the files of a report in one ZIP, with a text that says what each of them is."""

import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from shared.language.language import Language
from shared.language.marking import marked
from shared.reports import BUNDLED_FORMATS, ReportFormat
from worker.reports.document import ReportFacts
from worker.reports.errors import RenderingCancelledError, RenderingError
from worker.reports.rendered_file import RenderedFile, described, written_whole

README_NAME = "README.txt"

_PIECE_BYTES = 1024 * 1024
_OLDEST_YEAR = 1980
_COMPRESSED = frozenset({ReportFormat.PDF, ReportFormat.XLSX, ReportFormat.PPTX})
_PURPOSES = {
    ReportFormat.PDF: marked("The report, to read, to print and to hand on"),
    ReportFormat.HTML: marked("The report in a browser, to search, filter and sort; it needs no network"),
    ReportFormat.XLSX: marked("Every recommendation in Excel, with the savings, what was left out of them and why"),
    ReportFormat.PPTX: marked("The executive summary as slides, to show and to edit"),
    ReportFormat.CSV: marked("Every recommendation as a plain table, for other programs"),
    ReportFormat.JSON: marked("Everything as data by a published schema, for other programs"),
}


class Missing(NamedTuple):
    """A file that could not be made, and why in one sentence."""

    file_format: ReportFormat
    reason: str


def bundle(
    facts: ReportFacts,
    files: Sequence[RenderedFile],
    destination: Path,
    *,
    stem: str,
    missing: Sequence[Missing] = (),
    should_stop: Callable[[], bool] | None = None,
) -> RenderedFile:
    """Write ``files`` to a ZIP at ``destination``, called ``stem`` and their extension, the same bytes for the same files.

    What is ``missing`` is said inside and in the warnings of the result. Raises :class:`RenderingError` where there is
    nothing to pack.
    """
    if not files:
        raise RenderingError(
            "The ZIP file could not be made: none of the report's files could.",
            next_step="See the reasons of the other files.",
        )
    moment = _zip_moment(facts.created_at)
    ordered = sorted(files, key=lambda file: BUNDLED_FORMATS.index(file.format))
    with written_whole(destination) as partial:
        with zipfile.ZipFile(partial, "w") as archive:
            archive.writestr(_member(README_NAME, moment, zipfile.ZIP_DEFLATED), _readme(facts, ordered, stem, missing))
            for file in ordered:
                _add(archive, file, _member(f"{stem}.{file.format}", moment, _method(file.format)), should_stop)
        warnings = tuple(f"The ZIP file lacks the {item.file_format.upper()} file: {item.reason}" for item in missing)
        return described(partial, destination, ReportFormat.ZIP, warnings)


def _add(
    archive: zipfile.ZipFile, file: RenderedFile, member: zipfile.ZipInfo, should_stop: Callable[[], bool] | None
) -> None:
    member.file_size = file.bytes  # decides whether the entry needs 64-bit sizes
    with file.path.open("rb") as source, archive.open(member, "w") as target:
        while piece := source.read(_PIECE_BYTES):
            target.write(piece)
            if should_stop is not None and should_stop():
                raise RenderingCancelledError("Making the file was stopped on request.")


def _method(file_format: ReportFormat) -> int:
    return zipfile.ZIP_STORED if file_format in _COMPRESSED else zipfile.ZIP_DEFLATED


def _member(name: str, moment: tuple[int, int, int, int, int, int], method: int) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, moment)
    member.compress_type = method
    member.create_system = 3  # Unix, on whatever system it is made
    member.external_attr = 0o644 << 16
    return member


def _zip_moment(created_at: datetime) -> tuple[int, int, int, int, int, int]:
    moment = created_at.timetuple()
    return max(moment.tm_year, _OLDEST_YEAR), *moment[1:6]


def _readme(facts: ReportFacts, files: Sequence[RenderedFile], stem: str, missing: Sequence[Missing]) -> str:
    language = Language.of(facts.language)
    made = language.gettext("Made on {moment}.", moment=language.moment(facts.created_at))
    lines = [facts.title, facts.client_name, made]
    for file in files:
        lines += ["", f"{stem}.{file.format}", f"  {language.gettext(_PURPOSES[file.format])}"]
        # The same in every language, so that programs can compare them.
        lines += [f"  {file.bytes} bytes, SHA-256 {file.sha256}"]
        lines += [f"  {warning}" for warning in file.warnings]
    for item in missing:
        lines += ["", f"{item.file_format.upper()}: {item.reason}"]
    # Windows' own editor reads both line ends by now, older ones only this one.
    return "\r\n".join([*lines, ""])
