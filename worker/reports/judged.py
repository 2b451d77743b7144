"""Recommendations with everything that a report decided about each: the rows of the files that list all of them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from shared.advisor.recommendation import Recommendation
from shared.comparison.marks import Mark
from shared.savings import NoteCode, Savings, SavingsStatus

_NO_MARKS: Mapping[bytes, Mark] = {}


class Judged(NamedTuple):
    """One recommendation, what became of its amount and why, and what people decided about it."""

    recommendation: Recommendation
    status: SavingsStatus
    reason: NoteCode | None
    """Why its amount does not count, ``None`` where it does or there is none."""
    mark: Mark | None


def judged(
    recommendations: Iterable[Recommendation], savings: Savings, marks: Mapping[bytes, Mark] = _NO_MARKS
) -> Iterator[Judged]:
    """Yield each of ``recommendations``, which must come in the order that ``savings`` were counted in."""
    for ordinal, recommendation in enumerate(recommendations):
        yield Judged(
            recommendation,
            savings.status_of(ordinal, recommendation),
            savings.reason_of(ordinal),
            marks.get(recommendation.fingerprint) if marks else None,
        )
