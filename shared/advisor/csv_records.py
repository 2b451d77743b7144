"""Records of a CSV with the lines they stand on, where one broken record costs that record and not the file."""

import csv
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple, TextIO

from shared.advisor.unreadable import MalformedExportError

# A line longer than any row may be is no row: it is read in bounded pieces and refused.
_MAX_LINE_CHARS = 4 * 1024 * 1024
# A quote that is never closed swallows lines up to these bounds before it is given up as broken.
_MAX_RECORD_LINES = 1_000
_MAX_RECORD_CHARS = 4 * 1024 * 1024
# Lines are read again after a broken record; a file made to have that happen without end is refused.
_MAX_LINES_READ_AGAIN = 500_000


class Record(NamedTuple):
    """One record: the line it starts on, how many lines it has, its characters, its cells, or what broke it."""

    line: int
    line_count: int
    chars: int
    cells: list[str]
    broken: str = ""
    """What is wrong with the quotes, in words; ``cells`` then holds the first line as it stands."""


class _RecordTooLongError(Exception):
    """A record goes on beyond every bound."""


class CsvRecords:
    """Iterates over the records of a text stream from its present position, on the line ``line``.

    A record whose quotes are wrong is yielded as broken with its first line only; the lines after it are read again as
    records of their own, so that a stray quote loses one row. Blank lines are passed over. Raises
    :class:`MalformedExportError` for endless lines and quotes.
    """

    def __init__(self, stream: TextIO, *, delimiter: str, line: int) -> None:
        self._read_line = stream.readline
        self._delimiter = delimiter
        self._line = line
        self._held: list[str] = []
        self._again: deque[str] = deque()
        self._read_again = 0

    def __iter__(self) -> Iterator[Record]:
        held = self._held
        while True:
            reader = csv.reader(self._lines(), delimiter=self._delimiter, strict=True)
            try:
                for cells in reader:
                    count = len(held)
                    chars = len(held[0]) if count == 1 else sum(map(len, held))
                    line = self._line
                    self._line = line + count
                    held.clear()
                    if cells:
                        yield Record(line, count, chars, cells)
                return
            except csv.Error as error:
                yield self._broken(str(error))
            except _RecordTooLongError:
                yield self._broken("a quote is opened and not closed")

    def _lines(self) -> Iterator[str]:
        held, again, read_line = self._held, self._again, self._read_line
        chars = 0
        while True:
            line = again.popleft() if again else read_line(_MAX_LINE_CHARS)
            if not line:
                return
            if len(line) >= _MAX_LINE_CHARS:
                raise MalformedExportError(f"Line {self._line + len(held):,} has more than {_MAX_LINE_CHARS:,} characters.")
            chars = chars + len(line) if held else len(line)
            if held and (len(held) >= _MAX_RECORD_LINES or chars > _MAX_RECORD_CHARS):
                again.appendleft(line)
                raise _RecordTooLongError
            held.append(line)
            yield line

    def _broken(self, why: str) -> Record:
        first, *rest = self._held
        self._read_again += len(rest)
        if self._read_again > _MAX_LINES_READ_AGAIN:
            raise MalformedExportError(f"The quotes of the file do not balance from line {self._line:,} on.")
        self._again.extendleft(reversed(rest))
        self._held.clear()
        record = Record(self._line, 1, len(first), [first.rstrip("\r\n")], why or "its quotes do not balance")
        self._line += 1
        return record
