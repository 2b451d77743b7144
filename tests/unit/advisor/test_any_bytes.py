"""No bytes whatever end in anything but rows or one plain error, and no row is lost or made up."""

import csv
import gzip
import io
import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.advisor.exports import ReadLimits, UnreadableExportError, open_export
from tests.unit.advisor.reading import HEADER, Read, csv_of, read, row

COLUMNS = HEADER.split(",")
CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
STARTS = st.sampled_from(
    [b"", HEADER.encode() + b"\n", b"\xef\xbb\xbf[", b'{"value":[{', b"\xff\xfe", b"\x1f\x8b\x08\0", b"sep=;\n"]
)


def _read(content: bytes) -> Read:
    with tempfile.TemporaryDirectory() as folder:
        return read(Path(folder), content)


@given(STARTS, st.binary(max_size=400))
def test_any_bytes_give_rows_or_one_error(start: bytes, rest: bytes) -> None:
    with suppress(UnreadableExportError):
        _read(start + rest)


@given(st.binary(max_size=300))
def test_any_bytes_in_gzip_give_rows_or_one_error(content: bytes) -> None:
    with suppress(UnreadableExportError):
        _read(gzip.compress(content))


@given(st.lists(st.lists(CELLS, min_size=1, max_size=16), max_size=12), st.sampled_from(["\r\n", "\n"]))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_every_row_comes_out_once(rows: list[list[str]], newline: str) -> None:
    out = io.StringIO()
    # Quoting everything keeps a cell such as "\x85" from being what a line ends with.
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator=newline).writerows([COLUMNS, *rows])
    got = _read(out.getvalue().encode())
    blank = sum(not any(cell.strip() for cell in cells) for cells in rows)
    assert len(got.accepted) + len(got.rejected) == len(rows) - blank


@given(st.lists(st.sampled_from(["good", "short", "quote", "blank"]), max_size=40))
def test_good_rows_survive_bad_neighbours(kinds: list[str]) -> None:
    lines = {"good": row("fine"), "short": "a,b", "quote": row('"fi"ne'), "blank": ""}
    got = _read(csv_of(*(lines[kind] for kind in kinds)).encode())
    assert len(got.accepted) == kinds.count("good")
    assert len(got.rejected) == kinds.count("short") + kinds.count("quote")


@given(st.binary(max_size=200))
def test_limits_hold_for_any_bytes(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, suppress(UnreadableExportError):
        path = Path(folder) / "content"
        path.write_bytes(HEADER.encode() + b"\n" + content)
        export = open_export(path, file_name="x", limits=ReadLimits(max_rows=2))
        assert sum(1 for _ in export.rows()) <= 2
