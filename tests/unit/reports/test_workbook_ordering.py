"""Lists of a workbook begin with what matters most, in memory and on disk."""

from datetime import date
from pathlib import Path

import pytest

from shared.comparison.marks import Mark, MarkStatus
from shared.savings import count_savings
from tests.unit.reports import samples
from tests.unit.reports.test_xlsx import cell, workbook_of
from worker.reports.judged import judged
from worker.reports.workbook.ordering import Key, Ordering, importance, worth


def test_lists_begin_with_what_matters_most(tmp_path: Path) -> None:
    rows = samples.recommendations(80)
    book = workbook_of(rows, tmp_path)

    impacts = [str(cell(book["Recommendations"], "Impact", row)) for row in range(2, 82)]
    assert impacts == sorted(impacts, key=["High", "Medium", "Low"].index)
    offers = [(line[0].value, float(str(line[1].value))) for line in book["Savings"].iter_rows(min_row=2)]
    assert offers == sorted(offers, key=lambda offer: (offer[0] != "Counted", -offer[1]))


@pytest.mark.parametrize("key", [importance, worth])
def test_rows_that_are_sorted_on_disk_come_back_as_they_were_in_the_same_order(key: Key, tmp_path: Path) -> None:
    rows = [*samples.LONG_NAMES, *samples.recommendations(97), *samples.recommendations(3)]
    mark = Mark(status=MarkStatus.PLANNED, owner="Ada", due_on=date(2026, 3, 1), note="Später")
    known = [
        row._replace(mark=mark) if not place % 7 else row for place, row in enumerate(judged(rows, count_savings(rows)))
    ]
    with Ordering(key, tmp_path, max_rows=10) as on_disk:
        for row in known:
            on_disk.add(row)
        assert list(on_disk) == sorted(known, key=key)
    assert list(tmp_path.iterdir()) == []
