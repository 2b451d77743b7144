"""One JSON file: where its array of items is, what stands around it, and whether the file is whole."""

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from shared.advisor.json_scanner import INVALID_JSON, JsonScanner
from shared.advisor.unreadable import (
    BadEncodingError,
    ErrorAnswerError,
    MalformedExportError,
    NotRecommendationsError,
    shortened,
)

_CONTAINERS = ("value", "data")
_MAX_KEPT_BYTES = 64 * 1024
_TRANSCODED_CHARS = 256 * 1024


class JsonPage:
    """Walks through one page: first :meth:`runs`, then ``container`` and ``members`` hold what stood around the array.

    ``container`` is ``""`` for a bare array, else the name of the array's key (``value``, ``data``); ``members`` are the
    other members of the page, such as ``nextLink``. Raises :class:`ErrorAnswerError` for an error of Azure,
    :class:`NotRecommendationsError` for other JSON.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._scanner = JsonScanner(stream)
        self.container = ""
        self.members: dict[str, object] = {}

    def runs(self) -> Iterator[bytes]:
        """Yield the items of the page as JSON arrays of some of them; raises at the end if the file goes wrong there."""
        scanner = self._scanner
        if scanner.take(b"[{") == b"{":
            self.container = self._find_array()
            yield from scanner.runs()
            while scanner.take(b",}") == b",":
                self._member()
        else:
            yield from scanner.runs()
        if scanner.peek():
            raise MalformedExportError(f"The JSON goes on after its end, at byte {scanner.offset:,}.")

    def _find_array(self) -> str:
        """Pass the members before the array and its ``[``; return the key of the array."""
        scanner = self._scanner
        while scanner.peek() != b"}":
            key = self._key()
            if key in _CONTAINERS and scanner.peek() == b"[":
                scanner.take(b"[")
                return key
            self._keep(key, scanner.value())
            if scanner.take(b",}") == b"}":
                break
        self._refuse()
        raise NotRecommendationsError(
            f"The JSON is an object with {_listed(self.members)}; expected an array of recommendations, or an object with"
            " such an array as value or data."
        )

    def _refuse(self) -> None:
        error = self.members.get("error")
        if isinstance(error, dict):
            code, message = error.get("code", ""), error.get("message", "")
            said = shortened(": ".join(str(part) for part in (code, message) if part))
            raise ErrorAnswerError(
                f"The file is an error of Azure instead of recommendations ({said}).",
                next_step="Solve what the error says, then export the recommendations again.",
            )

    def _key(self) -> str:
        self._scanner.take(b'"')
        self._scanner.back()
        try:
            key = msgspec.json.decode(self._scanner.value(), type=str)
        except INVALID_JSON as error:
            raise MalformedExportError(f"The JSON is broken before byte {self._scanner.offset:,}: {error}.") from error
        self._scanner.take(b":")
        return key

    def _member(self) -> None:
        key = self._key()
        self._keep(key, self._scanner.value())

    def _keep(self, key: str, text: bytes) -> None:
        try:
            self.members[key] = msgspec.json.decode(text) if len(text) <= _MAX_KEPT_BYTES else None
        except INVALID_JSON as error:
            raise MalformedExportError(f"The JSON is broken before byte {self._scanner.offset:,}: {error}.") from error


class Utf8Stream(io.RawIOBase):
    """A byte stream of UTF-8 without a mark, whatever Unicode encoding the file below is in."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._encoding = encoding

    def read(self, size: int = -1) -> bytes:
        """Return some bytes, at least one unless the stream has ended; ``size`` is a hint."""
        while True:
            chunk = self._stream.read(size if size > 0 else _TRANSCODED_CHARS)
            try:
                text = self._decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                raise BadEncodingError(f"The file is not whole {self._encoding.upper()} text ({error.reason}).") from None
            if text or not chunk:
                return text.encode()

    def close(self) -> None:
        self._stream.close()
        super().close()


def _listed(members: dict[str, object]) -> str:
    names = ", ".join(list(members)[:6])
    return f"the members {shortened(names)}" if names else "no members"
