"""What each type of report tells: in which chapters, in which order."""

from collections.abc import Iterable, Iterator

import msgspec

from shared.advisor.recommendation import Recommendation
from shared.advisor.standing import Standing
from shared.reports import ReportType
from worker.reports.blocks import PartKind


class Outline(msgspec.Struct, frozen=True, kw_only=True):
    """The plan of one type of report. A chapter that has nothing to say is left out of the report."""

    parts: tuple[PartKind, ...]
    is_brief: bool = False
    """Short tables, no contents, no lists of resources."""


OUTLINES = {
    ReportType.EXECUTIVE: Outline(
        parts=(
            PartKind.SUMMARY,
            PartKind.CLIENTS,
            PartKind.SAVINGS,
            PartKind.CHANGES,
            PartKind.SCORE,
            PartKind.RETIREMENTS,
            PartKind.QUICK_WINS,
        ),
        is_brief=True,
    ),
    ReportType.COST: Outline(
        parts=(
            PartKind.SUMMARY,
            PartKind.CLIENTS,
            PartKind.SAVINGS,
            PartKind.QUICK_WINS,
            PartKind.CHANGES,
            PartKind.TREND,
            PartKind.SCORE,
            PartKind.FINDINGS,
            PartKind.APPENDIX,
        ),
    ),
    ReportType.SECURITY: Outline(
        parts=(
            PartKind.SUMMARY,
            PartKind.CLIENTS,
            PartKind.SCORE,
            PartKind.QUICK_WINS,
            PartKind.CHANGES,
            PartKind.TREND,
            PartKind.RETIREMENTS,
            PartKind.FINDINGS,
            PartKind.APPENDIX,
        ),
    ),
    ReportType.OPERATIONS: Outline(
        parts=(
            PartKind.SUMMARY,
            PartKind.CLIENTS,
            PartKind.RETIREMENTS,
            PartKind.SCORE,
            PartKind.QUICK_WINS,
            PartKind.CHANGES,
            PartKind.TREND,
            PartKind.FINDINGS,
            PartKind.APPENDIX,
        ),
    ),
    ReportType.DETAILED: Outline(
        parts=(
            PartKind.SUMMARY,
            PartKind.CLIENTS,
            PartKind.SAVINGS,
            PartKind.CHANGES,
            PartKind.TREND,
            PartKind.SCORE,
            PartKind.RETIREMENTS,
            PartKind.QUICK_WINS,
            PartKind.FINDINGS,
            PartKind.APPENDIX,
        ),
    ),
}


class OfType:
    """The open recommendations that a type of report is about, read anew from ``recommendations`` each time."""

    def __init__(self, recommendations: Iterable[Recommendation], report_type: ReportType) -> None:
        self._recommendations = recommendations
        self._categories = report_type.categories

    def __iter__(self) -> Iterator[Recommendation]:
        return (
            recommendation
            for recommendation in self._recommendations
            if recommendation.category in self._categories and recommendation.standing is Standing.ACTIVE
        )
