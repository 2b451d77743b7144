"""The rows of an export for a report: kept in memory where they are few, read again where they are many."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from shared.advisor.exports import Export
from shared.advisor.recommendation import Recommendation, RejectedRow
from shared.reports import ReportType
from shared.reports.options import ReportOptions, options_for
from shared.savings import Savings, count_savings
from shared.snapshots.scope import ScopeFilter
from worker.reports.report_types import OfType

Row = TypeVar("Row")

_DEFAULT_OPTIONS = ReportOptions()
MAX_KEPT_ROWS = 50_000
"""About 100 MB; beyond this, reading the file once more for each use is the better bargain."""


class ExportRows:
    """The recommendations and rejected rows of an export that was read once from end to end."""

    def __init__(
        self,
        export: Export,
        on_progress: Callable[[float], None] = lambda _: None,
        *,
        report_type: ReportType = ReportType.DETAILED,
        options: ReportOptions = _DEFAULT_OPTIONS,
    ) -> None:
        """Read the whole export; raises what :meth:`Export.rows` raises."""
        self.export = export
        self.report_type = report_type
        self._kept: list[Recommendation] | None = []
        self._kept_rejected: list[RejectedRow] | None = []
        self.accepted = 0
        self.rejected_count = 0
        self._filter = ScopeFilter(options_for(report_type, options).scope)
        first = (row for row in self._first_reading(on_progress) if self._filter.holds(row))
        self.savings: Savings = count_savings(OfType(first, report_type), options.policy, options.display)

    @property
    def recommendations(self) -> OfType:
        """The open recommendations that the report is about, to be iterated any number of times."""
        return OfType(self.in_scope, self.report_type)

    @property
    def in_scope(self) -> "Recommendations":
        """The same, and with them what somebody put aside in Azure."""
        return Recommendations(self.export, self._kept, self._filter)

    def rejected(self) -> Iterator[RejectedRow]:
        """Yield all rejected rows."""
        if self._kept_rejected is not None:
            yield from self._kept_rejected
            return
        for row in self.export.rows():
            if isinstance(row, RejectedRow):
                yield row

    def _first_reading(self, on_progress: Callable[[float], None]) -> Iterator[Recommendation]:
        for count, row in enumerate(self.export.rows()):
            if count % 2_000 == 0:
                on_progress(self.export.progress)
            if isinstance(row, RejectedRow):
                self.rejected_count += 1
                self._kept_rejected = _with(self._kept_rejected, row)
            else:
                self.accepted += 1
                self._kept = _with(self._kept, row)
                yield row


class Recommendations:
    """The recommendations of an export in a scope, the same ones in the same order each time they are iterated."""

    def __init__(self, export: Export, kept: list[Recommendation] | None, scope: ScopeFilter) -> None:
        self._export = export
        self._kept = kept
        self._scope = scope

    def __iter__(self) -> Iterator[Recommendation]:
        rows = self._export.rows() if self._kept is None else self._kept
        return (row for row in rows if isinstance(row, Recommendation) and self._scope.holds(row))


def _with(kept: "list[Row] | None", row: Row) -> "list[Row] | None":
    """Return the list with one row more, ``None`` once they are too many to keep."""
    if kept is None or len(kept) >= MAX_KEPT_ROWS:
        return None
    kept.append(row)
    return kept
