"""Names for the files that people upload by mistake, told from their first bytes."""

import re

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"BM", "a bitmap image"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or Excel workbook (.xlsx)"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document (.xls, .doc)"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a Linux program"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x1f\x8b\x08", "a gzip file within a gzip file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
)
# Two letters are too little to call a text a program or a bitmap: those need a byte that no text has.
_SHORT_MAGIC_CHARS = 2
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_SIGN_IN = re.compile(rb"sign[ -]?in|log[ -]?in|login\.microsoftonline", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")


def alien_name(start: bytes) -> str:
    """Say what the file that begins with ``start`` is, such as "a PDF document"; ``""`` for what may be CSV or JSON."""
    for magic, name in _MAGIC:
        if start.startswith(magic) and (len(magic) > _SHORT_MAGIC_CHARS or _CONTROL.search(start)):
            return name
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if _HTML.match(text):
        return "an HTML page of a sign-in" if _SIGN_IN.search(text) else "an HTML page"
    if text.startswith(b"<"):
        return "an XML document"
    return ""


def looks_binary(start: bytes) -> bool:
    """Say whether ``start`` holds so many control bytes that no text in an 8-bit encoding would."""
    return len(_CONTROL.findall(start)) * 10 > len(start)
