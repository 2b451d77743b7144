"""Smaller PDF files: what is no stream itself is gathered into compressed object streams (ISO 32000-1, 7.5.7 and 7.5.8).

Tags make the PDF of a report seven times larger, nearly all of it small dictionaries that Typst writes plainly, one by one.
Knowing how Typst lays out a file makes this several times faster than loading and saving it with a library for any PDF.
"""

import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

# A reader that wants one object unpacks all of its stream; more of them together pack better.
_OBJECTS_A_STREAM = 200
_ENTRY_BYTES = 20
_SECTION = re.compile(rb"xref\n0 (\d+)\n")
_END = re.compile(rb"startxref\n(\d+)\n%%EOF\s*\Z")
_TRAILER = re.compile(rb"trailer\n<<\s*/Size \d+(.*)>>\s*startxref\n", re.DOTALL)
_STREAM, _PACKED = 1, 2
_ENTRY = struct.Struct(">BIH")


class UnexpectedLayoutError(ValueError):
    """A PDF is not laid out as Typst does it: one plain cross-reference table, every object of generation 0."""


def pack(pdf: bytes) -> bytes:
    """Return ``pdf``, as Typst makes it, with object streams and a cross-reference stream; nothing that it says changes.

    Raises :class:`UnexpectedLayoutError`.
    """
    end = _END.search(pdf, max(0, len(pdf) - 64))
    table_at = int(end[1]) if end else 0
    section, trailer = _SECTION.match(pdf, table_at), _TRAILER.search(pdf, table_at)
    if section is None or trailer is None:
        raise UnexpectedLayoutError("no plain cross-reference table")
    offsets = _offsets(pdf, section.end(), int(section[1]))
    first = min(offsets[1:], default=table_at)
    packed = _Packed(bytearray(pdf[:first]), [(0, 0, 65_535), *((0, 0, 0) for _ in offsets[1:])])
    waiting: list[tuple[int, bytes]] = []
    ends = dict(zip(in_order := sorted(offsets[1:]), [*in_order[1:], table_at], strict=True))
    for number, at in enumerate(offsets[1:], start=1):
        content = _content(pdf, number, at, ends[at])
        if content.endswith(b"endstream"):
            packed.add_stream(number, pdf[at : ends[at]])
        else:
            waiting.append((number, content))
    for start in range(0, len(waiting), _OBJECTS_A_STREAM):
        packed.add_objects(waiting[start : start + _OBJECTS_A_STREAM])
    return packed.finished(trailer[1].strip())


@dataclass
class _Packed:
    """The file as it grows; an entry tells of one object its kind, and where it is."""

    written: bytearray
    entries: list[tuple[int, int, int]] = field(default_factory=list)

    def add_stream(self, number: int, whole: bytes) -> None:
        self.entries[number] = (_STREAM, len(self.written), 0)
        self.written += whole

    def add_objects(self, objects: Sequence[tuple[int, bytes]]) -> None:
        holder = self._next_number()
        index, at = [], 0
        for place, (number, content) in enumerate(objects):
            index.append(b"%d %d" % (number, at))
            at += len(content) + 1
            self.entries[number] = (_PACKED, holder, place)
        head = b" ".join(index) + b"\n"
        body = head + b"\n".join(content for _, content in objects)
        self._write(holder, b"/Type/ObjStm/N %d/First %d" % (len(objects), len(head)), body)

    def finished(self, root: bytes) -> bytes:
        """Return the file, closed by a cross-reference stream that says of it what ``root`` does."""
        number, at = self._next_number(), len(self.written)
        self.entries[number] = (_STREAM, at, 0)
        table = b"".join(
            kind.to_bytes(1, "big") + where.to_bytes(4, "big") + place.to_bytes(2, "big")
            for kind, where, place in self.entries
        )
        self._write(number, b"/Type/XRef/W[1 4 2]/Size %d" % len(self.entries) + root, table)
        return bytes(self.written) + b"startxref\n%d\n%%%%EOF\n" % at

    def _next_number(self) -> int:
        self.entries.append((0, 0, 0))
        return len(self.entries) - 1

    def _write(self, number: int, words: bytes, body: bytes) -> None:
        self.entries[number] = (_STREAM, len(self.written), 0)
        small = zlib.compress(body)
        self.written += b"%d 0 obj\n<<%s/Filter/FlateDecode/Length %d>>\nstream\n" % (number, words, len(small))
        self.written += small + b"\nendstream\nendobj\n"


def _offsets(pdf: bytes, at: int, count: int) -> list[int]:
    table = pdf[at : at + _ENTRY_BYTES * count]
    entries = [table[start : start + _ENTRY_BYTES] for start in range(0, len(table), _ENTRY_BYTES)]
    if len(entries) != count or any(entry[10:18] != b" 00000 n" for entry in entries[1:]):
        raise UnexpectedLayoutError("an object that is free or of another generation")
    return [int(entry[:10]) for entry in entries]


def _content(pdf: bytes, number: int, at: int, end: int) -> bytes:
    head = b"%d 0 obj\n" % number
    whole = pdf[at:end].rstrip()
    if not (whole.startswith(head) and whole.endswith(b"\nendobj")):
        raise UnexpectedLayoutError(f"object {number} is not where the table says")
    return whole[len(head) : -len(b"\nendobj")]
