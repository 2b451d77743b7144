"""Lines of COPY's text format."""

import string
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.advisor.recommendation import Recommendation, RejectedRow
from shared.advisor.vocabulary import Category, Impact
from shared.snapshots.copy_text import (
    RECOMMENDATION_COLUMNS,
    REJECTED_COLUMNS,
    recommendation_line,
    rejected_line,
)

_UNESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_AWKWARD = st.text(st.sampled_from(string.ascii_letters + "\\\t\n\r\b\f\v.N'\"é数🙂"), max_size=12)


def _recommendation(**fields: Any) -> Recommendation:
    given_fields = {
        "category": Category.COST,
        "category_as_given": "Cost",
        "impact": Impact.HIGH,
        "impact_as_given": "High",
        "problem": "Resize",
        "fingerprint": bytes(range(16)),
    }
    return Recommendation(**{**given_fields, **fields})


def _fields(line: str) -> list[str]:
    assert line.endswith("\n")
    return line[:-1].split("\t")


def _unescaped(field: str) -> str:
    """Undo the escapes, as PostgreSQL's page on COPY describes them."""
    parts, index = [], 0
    while index < len(field):
        if field[index] == "\\":
            parts.append(_UNESCAPED[field[index + 1]])
            index += 2
        else:
            parts.append(field[index])
            index += 1
    return "".join(parts)


@given(problem=_AWKWARD, name=_AWKWARD)
def test_any_text_stays_one_field(problem: str, name: str) -> None:
    fields = _fields(recommendation_line(_recommendation(problem=problem, resource_name=name)))
    assert len(fields) == len(RECOMMENDATION_COLUMNS)
    assert _unescaped(fields[RECOMMENDATION_COLUMNS.index("problem")]) == problem
    assert _unescaped(fields[RECOMMENDATION_COLUMNS.index("resource_name")]) == name


@given(value=_AWKWARD)
def test_rejected_rows_stay_whole_too(value: str) -> None:
    row = RejectedRow(line=7, column="Type", value=value, reason_code="r", reason="Because.")
    fields = _fields(rejected_line(row))
    assert len(fields) == len(REJECTED_COLUMNS)
    assert _unescaped(fields[REJECTED_COLUMNS.index("value")]) == value


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("annual_savings", Decimal("1E+3"), "1000"),
        ("annual_savings", Decimal("0.10"), "0.10"),
        ("annual_savings", None, "\\N"),
        ("lookback_days", 30, "30"),
        ("lookback_days", None, "\\N"),
        ("updated_at", datetime(2025, 2, 1, 14, 38, 16, tzinfo=UTC), "2025-02-01T14:38:16+00:00"),
        ("retirement_date", date(2028, 9, 8), "2028-09-08"),
        ("extras", {}, "{}"),
    ],
)
def test_values_are_written_as_postgresql_reads_them(column: str, value: object, text: str) -> None:
    fields = _fields(recommendation_line(_recommendation(**{column: value})))
    assert fields[RECOMMENDATION_COLUMNS.index(column)] == text


def test_fingerprint_is_written_in_hexadecimal() -> None:
    fields = _fields(recommendation_line(_recommendation()))
    assert fields[RECOMMENDATION_COLUMNS.index("fingerprint")] == "\\\\x000102030405060708090a0b0c0d0e0f"


def test_nul_characters_are_left_out() -> None:
    line = recommendation_line(_recommendation(problem="a\0b", extras={"k\0": "v\0\\u0000"}))
    fields = _fields(line)
    assert fields[RECOMMENDATION_COLUMNS.index("problem")] == "ab"
    assert _unescaped(fields[RECOMMENDATION_COLUMNS.index("extras")]) == '{"k":"v\\\\u0000"}'


def test_ids_sort_in_the_order_of_the_rows() -> None:
    ids = [_fields(recommendation_line(_recommendation()))[0] for _ in range(2_000)]
    assert ids == sorted(set(ids))
