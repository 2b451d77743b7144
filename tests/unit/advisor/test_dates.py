"""Dates are read where they can mean one day only."""

from datetime import UTC, date, datetime

import pytest

from shared.advisor.dates import DateOrder, OrderEvidence, parse_date, parse_datetime

DAY, MONTH, UNKNOWN = DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST, DateOrder.UNKNOWN


@pytest.mark.parametrize(
    ("text", "order", "moment"),
    [
        ("2025-02-01T14:38:16.3112345Z", UNKNOWN, datetime(2025, 2, 1, 14, 38, 16, 311234, UTC)),
        ("2025-02-01T16:38:16+02:00", UNKNOWN, datetime(2025, 2, 1, 14, 38, 16, 0, UTC)),
        ("2025-02-01", UNKNOWN, datetime(2025, 2, 1, tzinfo=UTC)),
        ("2025-02-01 14:38:16", UNKNOWN, datetime(2025, 2, 1, 14, 38, 16, 0, UTC)),
        ("2025/2/1 14:38", UNKNOWN, datetime(2025, 2, 1, 14, 38, 0, 0, UTC)),
        ("2025/02/01", UNKNOWN, datetime(2025, 2, 1, tzinfo=UTC)),
        ("2025/13/01", UNKNOWN, None),
        ("2/1/2025", MONTH, datetime(2025, 2, 1, tzinfo=UTC)),
        ("2/1/2025", DAY, datetime(2025, 1, 2, tzinfo=UTC)),
        ("2/1/2025, 2:38:16 PM", MONTH, datetime(2025, 2, 1, 14, 38, 16, 0, UTC)),
        ("2/1/2025 12:05 AM", MONTH, datetime(2025, 2, 1, 0, 5, 0, 0, UTC)),
        ("03.04.2025", UNKNOWN, datetime(2025, 4, 3, tzinfo=UTC)),
        ("3/3/2025", UNKNOWN, datetime(2025, 3, 3, tzinfo=UTC)),
        ("2/1/2025", UNKNOWN, None),
        ("13/13/2025", DAY, None),
        ("2/1/2025 13:05 PM", MONTH, None),
        ("soon", UNKNOWN, None),
        ("2025-99-01", UNKNOWN, None),
        ("0001-01-01T00:00:00+10:00", UNKNOWN, None),
    ],
)
def test_dates_are_read_or_left(text: str, order: DateOrder, moment: datetime | None) -> None:
    assert parse_datetime(text, order) == moment


def test_a_day_is_read_without_its_time() -> None:
    assert parse_date("2028-09-08") == date(2028, 9, 8)
    assert parse_date("8/9/2028") is None


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["2/1/2025", "25/1/2025"], DAY),
        (["2/1/2025", "1/25/2025"], MONTH),
        (["2/1/2025", "01.02.2025", "text"], UNKNOWN),
        (["25/1/2025", "1/25/2025"], UNKNOWN),
    ],
)
def test_a_file_shows_which_comes_first(dates: list[str], order: DateOrder) -> None:
    evidence = OrderEvidence()
    for text in dates:
        evidence.add(text)
    assert evidence.order() is order
