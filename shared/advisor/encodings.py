"""Which text encoding an export is in: by its mark, by its zero bytes, or by trying."""

import codecs
from typing import BinaryIO

from shared.advisor.unreadable import BadEncodingError, TruncatedExportError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is how this one begins
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK_BYTES = 1024 * 1024


def guess_encoding(start: bytes) -> str:
    """Return the codec that the first bytes of a file speak for; ``utf-8`` where they say nothing."""
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    pairs = len(start) // 2
    if pairs:
        # Headers and JSON punctuation are ASCII, so in UTF-16 nearly every other byte of a file's start is zero.
        even, odd = start[0 : pairs * 2 : 2].count(0), start[1 : pairs * 2 : 2].count(0)
        if odd * 3 > pairs and even * 20 < pairs:
            return "utf-16-le"
        if even * 3 > pairs and odd * 20 < pairs:
            return "utf-16-be"
    return "utf-8"


class TextCheck:
    """What one pass over a whole file found out about its text."""

    def __init__(self, encoding: str, *, holds_nul: bool) -> None:
        self.encoding = encoding
        self.holds_nul = holds_nul


def check_text(stream: BinaryIO, guessed: str) -> TextCheck:
    """Decode all of ``stream`` and return the encoding that fits every byte of it.

    Text without a mark that is not UTF-8 is taken as Windows-1252, which Excel writes, but only when nothing of it was
    UTF-8 before: a file that is half of each would come out garbled. Raises :class:`BadEncodingError`.
    """
    utf8 = codecs.getincrementaldecoder(guessed)()
    # Fed in step, so that a second encoding costs no second pass.
    cp1252 = codecs.getincrementaldecoder("cp1252")() if guessed == "utf-8" else None
    failed: UnicodeDecodeError | None = None
    offset, seen_multibyte, holds_nul, cp1252_fits = 0, False, False, cp1252 is not None
    while True:
        chunk = stream.read(_CHUNK_BYTES)
        if failed is None:
            try:
                text = utf8.decode(chunk, final=not chunk)
                seen_multibyte = seen_multibyte or not text.isascii()
                holds_nul = holds_nul or "\0" in text
            except UnicodeDecodeError as error:
                seen_multibyte = seen_multibyte or not _ascii_before(error)
                if seen_multibyte or not cp1252_fits:
                    raise _bad(guessed, error, offset, at_end=not chunk) from None
                failed = error
        if cp1252 is not None and cp1252_fits and not chunk.isascii():
            cp1252_fits = _decodes(cp1252, chunk)
        if failed is not None:
            holds_nul = holds_nul or b"\0" in chunk
            if not cp1252_fits:
                raise BadEncodingError("The file is neither UTF-8, UTF-16 nor Windows-1252 text.")
        if not chunk:
            return TextCheck(guessed if failed is None else "cp1252", holds_nul=holds_nul)
        offset += len(chunk)


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes) -> bool:
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError:
        return False
    return True


def _ascii_before(error: UnicodeDecodeError) -> bool:
    return bytes(error.object[: error.start]).isascii()


def _bad(encoding: str, error: UnicodeDecodeError, offset: int, *, at_end: bool) -> BadEncodingError | TruncatedExportError:
    name = {"utf-8-sig": "UTF-8"}.get(encoding, encoding.upper())
    if at_end:
        return TruncatedExportError(f"The file is {name} text that ends within a character; it was cut off.")
    return BadEncodingError(
        f"The file is {name} text up to byte {offset + error.start:,}, which is no character of that encoding."
    )
