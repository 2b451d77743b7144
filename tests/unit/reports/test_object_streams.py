"""Packing what Typst writes: nothing that the file says changes, and what is laid out otherwise is refused."""

import io
from collections.abc import Callable
from typing import Any

import pikepdf
import pypdf
import pytest
import typst

from worker.reports.object_streams import UnexpectedLayoutError, pack

_SOURCE = b"""
#set document(title: "Pack", author: "A", date: datetime(year: 2026, month: 1, day: 1))
#set heading(numbering: "1")
= Heading <one>
#table(columns: 3, ..range(900).map(n => [cell #n (endstream)]))
#link("https://example.org")[A link] to @two
= Another <two>
"""


@pytest.fixture(scope="module")
def plain() -> bytes:
    files: Any = {"main.typ": _SOURCE}
    return typst.compile(files)


def test_every_object_stays_what_it_was(plain: bytes) -> None:
    with pikepdf.open(io.BytesIO(plain)) as before, pikepdf.open(io.BytesIO(pack(plain))) as after:
        assert after.Root.objgen == before.Root.objgen
        for one in before.objects:
            other = after.get_object(one.objgen)
            assert other.unparse() == one.unparse()
            if isinstance(one, pikepdf.Stream):
                assert isinstance(other, pikepdf.Stream)
                assert other.read_raw_bytes() == one.read_raw_bytes()


def test_a_strict_reader_finds_every_word(plain: bytes) -> None:
    before, after = (pypdf.PdfReader(io.BytesIO(pdf), strict=True) for pdf in (plain, pack(plain)))
    assert [page.extract_text() for page in after.pages] == [page.extract_text() for page in before.pages]
    assert after.metadata == before.metadata


def test_tags_take_little_room(plain: bytes) -> None:
    assert len(pack(plain)) < len(plain) / 3


@pytest.mark.parametrize(
    "spoil",
    [
        lambda pdf: b"",
        lambda pdf: pdf[:-30],
        lambda pdf: pdf.replace(b"\nxref\n0 ", b"\nxref\n1 "),
        lambda pdf: pdf.replace(b" 00000 n\r\n", b" 00001 n\r\n", 1),
        lambda pdf: pdf.replace(b"\n7 0 obj\n", b"\n8 0 obj\n"),
        pack,
    ],
    ids=["empty", "cut", "part of a table", "later generation", "moved object", "packed already"],
)
def test_another_layout_is_refused(plain: bytes, spoil: Callable[[bytes], bytes]) -> None:
    with pytest.raises(UnexpectedLayoutError):
        pack(spoil(plain))
