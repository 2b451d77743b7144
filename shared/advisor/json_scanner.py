"""The items of a JSON array of any length, found in a window of a few hundred kilobytes.

A parser would hold the whole array. Here a run of whole items is cut out of the window at a ``},{`` near its end and
handed on; whether the cut was one between items is proved by the run being valid JSON. Only where that fails (a broken
item, an item with arrays of objects of its own) is an item's end searched for bracket by bracket.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from shared.advisor.unreadable import MalformedExportError, TruncatedExportError

_WINDOW_BYTES = 256 * 1024
_MAX_ITEM_BYTES = 8 * 1024 * 1024
_CUTS_TRIED = 6
_MAX_DEPTH = 200
_BLANK = b" \t\r\n"
_NOT_BLANK = re.compile(rb"[^ \t\r\n]")
# Everything up to the next bracket outside of strings; possessive, so that it cannot backtrack.
_UNSTRUCTURED = re.compile(rb'[^"{}\[\]]*+(?:"(?:[^"\\]++|\\.)*+"[^"{}\[\]]*+)*+', re.DOTALL)
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SCALAR = re.compile(rb"[^,:{}\[\]\s\"]++")
_RAW_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
INVALID_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class JsonScanner:
    """Reads JSON from a byte stream piece by piece; offsets in its errors are of the (inflated, UTF-8) text."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._buffer = b""
        self._at = 0
        self._dropped = 0
        self._ended = False
        self._step_until = 0

    @property
    def offset(self) -> int:
        """How many bytes of the text lie behind."""
        return self._dropped + self._at

    def peek(self) -> bytes:
        """Return the next byte that is not blank, without passing it; ``b""`` at the end."""
        while True:
            match = _NOT_BLANK.search(self._buffer, self._at)
            self._at = match.start() if match else len(self._buffer)
            if match:
                return match[0]
            if not self._fill(1):
                return b""

    def take(self, expected: bytes) -> bytes:
        """Pass the next byte that is not blank and return it; it must be one of ``expected``."""
        found = self.peek()
        if not found:
            raise TruncatedExportError("The JSON ends before its content does; it was cut off.")
        if found not in expected:
            wanted = " or ".join(chr(byte) for byte in expected)
            raise MalformedExportError(
                f"The JSON is broken at byte {self.offset:,}: {found.decode('latin-1')!r} where {wanted} was expected."
            )
        self._at += 1
        return found

    def back(self) -> None:
        """Unpass the byte that :meth:`take` just passed."""
        self._at -= 1

    def value(self) -> bytes:
        """Pass one whole value of any kind and return its text."""
        self.peek()
        need = _WINDOW_BYTES
        while True:
            end = self._end_of_value()
            if end >= 0:
                text = self._buffer[self._at : end]
                self._at = end
                return text
            if need > _MAX_ITEM_BYTES:
                raise MalformedExportError(
                    f"The JSON value at byte {self.offset:,} has more than {_MAX_ITEM_BYTES:,} bytes or is never closed."
                )
            before = len(self._buffer) - self._at
            self._fill(need)
            if self._ended and len(self._buffer) - self._at == before:
                raise TruncatedExportError("The JSON ends before its content does; it was cut off.")
            need *= 2

    def runs(self) -> Iterator[bytes]:
        """Yield the items of the array whose ``[`` was just passed, as arrays of some of them; pass its ``]``.

        A run is valid JSON, except that a run of one item may be broken inside.
        """
        if self.peek() == b"]":
            self._at += 1
            return
        while True:
            run = self._run() or self.value()
            yield b"[" + run + b"]"
            if self.take(b",]") == b"]":
                return

    def _run(self) -> bytes:
        """Pass as many whole items as the window shows and return their text; ``b""`` where no cut is sure."""
        self.peek()
        if self.offset < self._step_until:
            return b""
        self._fill(_WINDOW_BYTES)
        buffer, start = self._buffer, self._at
        position, tried = len(buffer), 0
        while tried < _CUTS_TRIED and (position := buffer.rfind(b"{", start, position)) > start:
            end = _object_before(buffer, position, start)
            if end < 0:
                continue
            tried += 1
            run = buffer[start:end]
            try:
                _RAW_ITEMS.decode(b"[" + run + b"]")
            except INVALID_JSON:
                continue
            self._at = end
            return run
        # Whatever spoils the cuts of this window would spoil them again for each of its items.
        self._step_until = self._dropped + len(buffer)
        return b""

    def _fill(self, wanted: int) -> bool:
        """Have at least ``wanted`` bytes ahead, if the stream has them; say whether there is any."""
        missing = wanted - (len(self._buffer) - self._at)
        if missing > 0 and not self._ended:
            pieces = [self._buffer[self._at :]]
            self._dropped += self._at
            self._at = 0
            while missing > 0:
                piece = self._stream.read(max(missing, _WINDOW_BYTES))
                if not piece:
                    self._ended = True
                    break
                pieces.append(piece)
                missing -= len(piece)
            self._buffer = b"".join(pieces)
        return len(self._buffer) > self._at

    def _end_of_value(self) -> int:
        """Return where the value at the present position ends; -1 where the window ends first."""
        buffer, at = self._buffer, self._at
        first = buffer[at : at + 1]
        if first == b'"':
            match = _STRING.match(buffer, at)
            return match.end() if match else -1
        if first not in (b"{", b"["):
            match = _SCALAR.match(buffer, at)
            if match is None and at < len(buffer):
                raise MalformedExportError(f"The JSON is broken at byte {self.offset:,}: a value was expected.")
            return match.end() if match and (match.end() < len(buffer) or self._ended) else -1
        depth = 0
        while True:
            match = _UNSTRUCTURED.match(buffer, at)
            at = match.end() if match else at
            bracket = buffer[at : at + 1]
            if bracket in (b"", b'"'):  # the end, or a string that the window cuts
                return -1
            depth += 1 if bracket in (b"{", b"[") else -1
            at += 1
            if depth == 0:
                return at
            if depth > _MAX_DEPTH:
                raise MalformedExportError(f"The JSON is nested more than {_MAX_DEPTH} deep at byte {self._dropped + at:,}.")


def _object_before(buffer: bytes, position: int, start: int) -> int:
    """Return the end of an object that is followed by a comma and the ``{`` at ``position``; -1 if there is none."""
    at = position - 1
    while at > start and buffer[at] in _BLANK:
        at -= 1
    if buffer[at] != 0x2C:
        return -1
    at -= 1
    while at > start and buffer[at] in _BLANK:
        at -= 1
    return at + 1 if buffer[at] == 0x7D else -1
