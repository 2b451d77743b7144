"""Cron expressions mean in every zone what the wall clock says, over two years, with all changes of clocks."""

import calendar
from datetime import UTC, date, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.scheduling import cron
from shared.scheduling.cron import CronExpressionError
from tests.unit.scheduling.wall_clock import BEGIN, END, Case

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",  # clocks change at midnight
    "Africa/Cairo",  # so they do, on a Friday
    "Africa/Casablanca",  # four changes a year or none
    "America/Santiago",  # in the south
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Chatham",  # 12:45 ahead
    "Asia/Kathmandu",  # 5:45 ahead, for ever
]
_EVERY = frozenset(range(24))


def _case(expression: str, minutes: set[int], hours: set[int] | frozenset[int], on: object = lambda _: True) -> Case:
    return Case(expression, frozenset(minutes), frozenset(hours), on)  # type: ignore[arg-type]


def _last_of_month(day: date) -> bool:
    return day.day == calendar.monthrange(day.year, day.month)[1]


CASES = [
    _case("30 1 * * *", {30}, {1}),
    _case("30 2 * * *", {30}, {2}),
    _case("0 0 * * *", {0}, {0}),
    _case("15,45 0-3 * * *", {15, 45}, {0, 1, 2, 3}),
    _case("0 9 * * MON-FRI", {0}, {9}, lambda day: day.weekday() < 5),
    _case("0 7 * * 1#1", {0}, {7}, lambda day: day.weekday() == 0 and day.day <= 7),
    _case("0 3 * * 5L", {0}, {3}, lambda day: day.weekday() == 4 and (day + timedelta(days=7)).month != day.month),
    _case("30 23 L * *", {30}, {23}, _last_of_month),
    _case("0 2 1,15 JAN-JUN/2 *", {0}, {2}, lambda day: day.day in {1, 15} and day.month in {1, 3, 5}),
    _case("0 6 13 * FRI", {0}, {6}, lambda day: day.day == 13 or day.weekday() == 4),
    _case("*/30 1-3 * * *", {0, 30}, {1, 2, 3}),
    _case("0 */6 * * *", {0}, {0, 6, 12, 18}),
    _case("*/15 0 * * SUN", {0, 15, 30, 45}, {0}, lambda day: day.weekday() == 6),
    _case("*/15 */2 31 * *", {0, 15, 30, 45}, _EVERY - set(range(1, 24, 2)), lambda day: day.day == 31),
]


@pytest.mark.unmeasured
@pytest.mark.parametrize("zone", ZONES)
def test_two_years_of_runs_are_those_of_the_wall_clock(zone: str) -> None:
    for case in CASES:
        found = takewhile(lambda moment: moment <= END, cron.occurrences(case.expression, ZoneInfo(zone), BEGIN))
        assert list(found) == case.expected(zone), case.expression


@settings(max_examples=60)
@given(
    case=st.sampled_from(CASES),
    zone=st.sampled_from(ZONES),
    seconds=st.integers(0, int((END - BEGIN).total_seconds()) - 40 * 86_400),
)
def test_search_that_begins_anywhere_finds_the_next(case: Case, zone: str, seconds: int) -> None:
    after = BEGIN + timedelta(seconds=seconds)
    expected = [moment for moment in case.expected(zone) if moment > after][:3]
    assert list(islice(cron.occurrences(case.expression, ZoneInfo(zone), after), len(expected))) == expected


def test_search_within_the_second_of_two_equal_hours_does_not_go_back() -> None:
    second_half_past_one = datetime(2026, 11, 1, 6, 10, tzinfo=UTC)  # 01:10 for the second time
    found = next(cron.occurrences("30 1 * * *", ZoneInfo("America/New_York"), second_half_past_one))
    assert found == datetime(2026, 11, 2, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "expression",
    [
        *("", "   ", "* * * *", "* * * * * *", "@daily", "60 * * * *", "* 24 * * *", "0 0 0 * *", "0 0 30 2 *"),
        *("0 0 * 13 *", "0 0 * * 8", "0 0 * * FRI-MON", "*/0 * * * *", "0 0 * * MON#6", "0 0 ? * *", "a b c d e"),
        *("0 0 * * L", "1" * 101, "0 0 31 2,4,6,9,11 *", "0 0 * * \u0661", "1,,2 * * * *", "-1 * * * *"),
    ],
)
def test_expression_that_cannot_be_read_or_never_comes_is_refused_with_a_reason(expression: str) -> None:
    with pytest.raises(CronExpressionError, match="is not valid: ") as refused:
        cron.check(expression)
    assert refused.value.next_step


@settings(max_examples=200)
@given(st.text(alphabet="0123456789*/,-#LW MONFRIJAN\n\t?@\0", max_size=40))
def test_any_text_is_taken_or_refused(text: str) -> None:
    try:
        tidy = cron.check(text)
    except CronExpressionError:
        return
    assert len(list(islice(cron.occurrences(tidy, ZoneInfo("Europe/Berlin"), BEGIN), 3))) == 3


def test_expression_is_tidied() -> None:
    assert cron.check("  0  9 *\t* MON ") == "0 9 * * MON"
