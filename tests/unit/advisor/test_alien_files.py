"""Whatever people upload by mistake gets one sentence that says what it is."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from shared.advisor.exports import ExportPart, ReadLimits, UnreadableExportError, export_time, open_export, open_exports
from tests.unit.advisor.reading import csv_of, read, row


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "export_empty", "is empty"),
        (b" \r\n\t", "export_empty", "is empty"),
        (b"\xef\xbb\xbf", "export_empty", "is empty"),
        (b" " * 70_000 + b"x", "export_alien_file", "blank for its first"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "export_alien_file", "PNG"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "export_alien_file", "JPEG"),
        (b"BM\x8a\0\0\0", "export_alien_file", "bitmap"),
        (b"BMW,Audi\n1,2\n", "export_header_unknown", "BMW,Audi"),
        (b"%PDF-1.7\n%\xe2\xe3", "export_alien_file", "PDF"),
        (_zip(), "export_alien_file", "xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "export_alien_file", "Office"),
        (b"<!DOCTYPE html><html><title>Sign in to your account</title>", "export_alien_file", "sign-in"),
        (b"\n <html><body>Hello", "export_alien_file", "an HTML page;"),
        ("<html>login".encode("utf-16"), "export_alien_file", "HTML"),
        (b"<?xml version='1.0'?><a/>", "export_alien_file", "XML"),
        (bytes(range(1, 32)) * 100, "export_alien_file", "binary"),
        (b"a,b\n\xff\xfe\x81\n", "export_encoding", "neither"),
        ("Категория".encode() + b"\n\xff\n", "export_encoding", "up to byte 19"),
        ("Категория".encode()[:-1], "export_truncated", "within a character"),
        ("Category,Recommendation".encode("utf-16")[:-1], "export_truncated", "cut off"),
        (b"\xef\xbb\xbfabc\xff\n", "export_encoding", "UTF-8"),
        (b"just some words", "export_header_unknown", "just some words"),
        (gzip.compress(b"")[:-3], "export_truncated", "gzip"),
        (gzip.compress(b"hello " * 1000)[:-20], "export_truncated", "gzip"),
        (gzip.compress(b"hello")[:10] + b"\xff" * 30, "export_malformed", "gzip"),
        (gzip.compress(gzip.compress(b"x")), "export_alien_file", "gzip file within"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_alien_files_are_named(tmp_path: Path, content: bytes, code: str, words: str) -> None:
    with pytest.raises(UnreadableExportError) as caught:
        read(tmp_path, content)
    assert (caught.value.code, words in caught.value.message) == (code, True)
    assert "\n" not in caught.value.message
    assert caught.value.next_step


def test_a_file_beyond_the_limit_is_refused_unread(tmp_path: Path) -> None:
    with pytest.raises(UnreadableExportError, match="at most 10") as caught:
        read(tmp_path, "x" * 11, limits=ReadLimits(max_bytes=10))
    assert "max_upload_bytes" in caught.value.next_step


@pytest.mark.parametrize(
    ("limits", "setting"),
    [(ReadLimits(), "max_inflate_ratio"), (ReadLimits(max_inflated_bytes=1_000_000), "max_inflated_bytes")],
)
def test_gzip_bombs_are_refused_while_they_inflate(tmp_path: Path, limits: ReadLimits, setting: str) -> None:
    bomb = gzip.compress(csv_of(row()).encode() + b"\n" * 40_000_000)
    with pytest.raises(UnreadableExportError, match="inflates") as caught:
        read(tmp_path, bomb, limits=limits)
    assert setting in caught.value.next_step


def test_several_files_are_one_export(tmp_path: Path) -> None:
    parts = []
    for number, text in enumerate([csv_of(row("one"), "bad"), csv_of(row("two"))]):
        path = tmp_path / str(number)
        path.write_text(text)
        parts.append(ExportPart(path, f"Advisor_2025-02-0{number + 1}T00_00_00Z.csv"))
    export = open_exports(parts)
    rows = list(export.rows())
    assert len(rows) == 3
    assert getattr(rows[1], "file_name", "") == parts[0].file_name
    assert export.exported_at == export_time(parts[1].file_name)


def test_files_of_different_kinds_are_no_export(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(csv_of(row()))
    (tmp_path / "b").write_text("[]")
    with pytest.raises(UnreadableExportError, match="a is portal_csv, b is cli_json"):
        open_exports([ExportPart(tmp_path / "a", "a"), ExportPart(tmp_path / "b", "b")])


def test_of_several_files_the_bad_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("[]")
    (tmp_path / "b").write_text("")
    with pytest.raises(UnreadableExportError, match=r"^second: The file is empty"):
        open_exports([ExportPart(tmp_path / "a", "first"), ExportPart(tmp_path / "b", "second")])


def test_no_file_is_no_export() -> None:
    with pytest.raises(UnreadableExportError, match="empty"):
        open_exports([])


def test_one_bad_file_needs_no_name(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(UnreadableExportError, match=r"^The file is empty"):
        open_export(tmp_path / "a", file_name="a")


@pytest.mark.parametrize("name", ["advisor.csv", "Advisor_2025-13-41T14_38_16.311Z.csv", ""])
def test_other_names_tell_no_time(name: str) -> None:
    assert export_time(name) is None


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableExportError, match="cannot be opened"):
        open_export(tmp_path / name, file_name=name)


def test_nothing_that_is_shown_holds_a_nul(tmp_path: Path) -> None:
    with pytest.raises(UnreadableExportError, match="a\ufffdb") as caught:
        read(tmp_path, "a\0b, and quite some columns\n")
    assert "\0" not in caught.value.message
    one = read(tmp_path, csv_of("Resize,s,vm,x", header="Recommendation,Subscription ID,Resource Name,No\0te")).accepted[0]
    assert one.extras == {"No\ufffdte": "x"}
