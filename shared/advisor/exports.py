"""Exports of Azure Advisor, whatever file they come in: opened here, read row by row.

>>> export = open_export(path, file_name="Advisor_2025-02-01T14_38_16.311Z.csv")  # doctest: +SKIP
>>> for row in export.rows(): ...  # doctest: +SKIP
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import msgspec

from shared.advisor.aliens import alien_name, looks_binary
from shared.advisor.encodings import guess_encoding
from shared.advisor.files import ExportFile
from shared.advisor.json_export import JsonExport, JsonShape
from shared.advisor.limits import ReadLimits
from shared.advisor.notes import ReadNote
from shared.advisor.portal_csv import PortalCsv
from shared.advisor.recommendation import Recommendation, RejectedRow
from shared.advisor.unreadable import (
    AlienFileError,
    EmptyExportError,
    ExportTooLargeError,
    MixedPagesError,
    UnreadableExportError,
)

__all__ = [
    "Export",
    "ExportKind",
    "ExportPart",
    "ReadLimits",
    "ReadNote",
    "UnreadableExportError",
    "open_export",
    "open_exports",
]

_START_BYTES = 64 * 1024
_EXPORT_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d)[_:.-](\d\d)[_:.-](\d\d)(?:\.(\d{1,6}))?\d*Z", re.ASCII | re.IGNORECASE
)


class ExportKind(StrEnum):
    """Where an export comes from, by its shape."""

    PORTAL_CSV = "portal_csv"
    CLI_JSON = "cli_json"
    REST_JSON = "rest_json"
    RESOURCE_GRAPH_JSON = "resource_graph_json"
    SDK_JSON = "sdk_json"


_KINDS = {
    JsonShape.REST: ExportKind.REST_JSON,
    JsonShape.RESOURCE_GRAPH: ExportKind.RESOURCE_GRAPH_JSON,
    JsonShape.CLI: ExportKind.CLI_JSON,
    JsonShape.SDK: ExportKind.SDK_JSON,
}


class ExportPart(NamedTuple):
    """One file of an export: where it lies, and what its owner calls it."""

    path: Path
    file_name: str


class Export:
    """One export, of one file or several pages, that was recognised and can be read from its start any number of times.

    ``exported_at`` is when Azure made it, where a file name tells, aware, UTC; of several pages the latest. ``columns`` are
    the header's names as given, empty for JSON. ``bytes_total`` and ``bytes_consumed`` are of the files as they lie on
    disk; the latter grows while :meth:`rows` is read.
    """

    def __init__(
        self, files: Sequence[ExportFile], pages: Sequence[PortalCsv | JsonExport], kind: ExportKind, limits: ReadLimits
    ) -> None:
        self.kind = kind
        self.exported_at = max(filter(None, (export_time(file.name) for file in files)), default=None)
        self.bytes_total = sum(file.size for file in files)
        self.bytes_consumed = 0
        self._files = files
        self._pages = pages
        self._limits = limits
        self._base = 0

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the first file's header as given; empty for JSON."""
        first = self._pages[0]
        return first.header.columns if isinstance(first, PortalCsv) else ()

    @property
    def progress(self) -> float:
        """How much of the export was read, from 0 to 1."""
        return min(1.0, self.bytes_consumed / self.bytes_total)

    @property
    def notes(self) -> tuple[ReadNote, ...]:
        """What is worth knowing about the export as a whole; complete once all rows were read."""
        notes = [note for page in self._pages for note in page.notes()]
        pages = [page for page in self._pages if isinstance(page, JsonExport)]
        if pages and all(page.has_more_pages() for page in pages):
            sentence = "The last page names a next page that was not given; the export is not complete."
            notes.append(ReadNote("pages_missing", sentence))
        if unread := sum(page.unread_dates for page in pages):
            notes.append(ReadNote("dates_unread", f"Dates that could not be read and are kept as text: {unread:,}."))
        if duplicates := sum(page.duplicates for page in pages):
            sentence = f"Repeated recommendations of the export that were taken once: {duplicates:,}."
            notes.append(ReadNote("duplicates_left_out", sentence))
        return tuple(dict.fromkeys(notes))

    def rows(self) -> Iterator[Recommendation | RejectedRow]:
        """Yield every data row once, in the order of the files, as a recommendation or as rejected.

        Raises :class:`UnreadableExportError`, which may be after many rows (a file that was cut off): what was taken until
        then must be thrown away.
        """
        count, before = 0, 0
        seen_ids: set[bytes] = set()
        self.bytes_consumed = 0
        several = len(self._pages) > 1
        for file, page in zip(self._files, self._pages, strict=True):
            self._base = before
            rows = page.rows(self._consumed) if isinstance(page, PortalCsv) else page.rows(seen_ids, self._consumed)
            for row in rows:
                count += 1
                if count > self._limits.max_rows:
                    raise ExportTooLargeError(
                        "max_rows", f"The export has more than {self._limits.max_rows:,} rows, which is the limit."
                    )
                if several and type(row) is RejectedRow:
                    yield msgspec.structs.replace(row, file_name=file.name)
                else:
                    yield row
            before += file.size
        self.bytes_consumed = self.bytes_total

    def _consumed(self, count: int) -> None:
        self.bytes_consumed = self._base + count


def open_export(path: Path, *, file_name: str, limits: ReadLimits | None = None, category: str | None = None) -> Export:
    """Recognise the file at ``path`` and return it as an export.

    ``file_name`` is what its owner calls it, for the export time; ``category`` is what a CSV without a Category column is
    about (the page of one category). Raises :class:`UnreadableExportError` for anything that is no export of Advisor.
    """
    return open_exports([ExportPart(path, file_name)], limits=limits, category=category)


def open_exports(parts: Sequence[ExportPart], *, limits: ReadLimits | None = None, category: str | None = None) -> Export:
    """Return several files, such as the pages of a REST list, as one export, in the order given.

    Raises :class:`MixedPagesError` where they are not all of one kind, and as :func:`open_export` does, with the name of
    the file at fault where there are several.
    """
    if not parts:
        raise EmptyExportError
    limits = limits or ReadLimits()
    files, pages, kinds = [], [], []
    for part in parts:
        try:
            file = ExportFile(part.path, part.file_name, limits)
            page, kind = _recognised(file, limits, category)
        except UnreadableExportError as error:
            if len(parts) > 1:
                error.message = f"{part.file_name}: {error.message}"
                error.args = (error.message,)
            raise
        files.append(file)
        pages.append(page)
        kinds.append(kind)
    for part, kind in zip(parts, kinds, strict=True):
        if kind is not kinds[0]:
            raise MixedPagesError(
                f"The files are of different kinds ({parts[0].file_name} is {kinds[0].value}, {part.file_name} is"
                f" {kind.value}); expected pages of one export.",
                next_step="Make one report of each export.",
            )
    return Export(files, pages, kinds[0], limits)


def export_time(file_name: str) -> datetime | None:
    """Return the time that the portal puts into the name of a download, such as ``Advisor_2025-02-01T14_38_16.311Z.csv``."""
    match = _EXPORT_TIME.search(file_name)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(match[group]) for group in range(1, 7))
    with suppress(ValueError):
        return datetime(year, month, day, hour, minute, second, int((match[7] or "0").ljust(6, "0")), tzinfo=UTC)
    return None


def _recognised(file: ExportFile, limits: ReadLimits, category: str | None) -> tuple[PortalCsv | JsonExport, ExportKind]:
    with file.open() as stream:
        start = stream.read(_START_BYTES)
    encoding = guess_encoding(start)
    text = start.decode(encoding, "ignore").lstrip("\ufeff \t\r\n")
    if not text:
        if len(start) < _START_BYTES:
            raise EmptyExportError
        raise AlienFileError("blank for its first 64 KiB")
    if name := alien_name(start) or alien_name(text[:1000].encode()):
        raise AlienFileError(name)
    if text[0] in "[{":
        page = JsonExport(file, limits, encoding=encoding)
        return page, _KINDS[page.shape]
    if encoding == "utf-8" and looks_binary(start):
        raise AlienFileError("binary data, not text")
    return PortalCsv(file, limits, encoding=encoding, category=category), ExportKind.PORTAL_CSV
