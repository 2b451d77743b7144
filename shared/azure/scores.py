"""Advisor's scores: the latest and their history, whichever scale and spelling they come in.

Neither is settled: scores are a share of one or percent, steps of a history are called ``day`` or ``Daily``. Both are taken,
and the number as it came is kept beside the percent.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import msgspec

from shared.advisor.dates import parse_datetime
from shared.advisor.vocabulary import Category, category_of

OVERALL = "Overall"
LATEST = "latest"

_SUBSCRIPTION = re.compile(r"/subscriptions/([0-9a-f-]{36})/")
_MOST_RESOURCES = 2**31 - 1
# Beyond these powers of ten a number is none that anybody meant, and takes a page to write.
_MOST_PLACES = 30
_LEVELS = {"day": "day", "daily": "day", "week": "week", "weekly": "week", "month": "month", "monthly": "month"}


class ScoreRow(msgspec.Struct):
    """One score of one subscription, of Resource Graph or of Advisor's own list; whatever is no text or no object in it
    counts as empty.
    """

    id: Any = ""
    name: Any = ""
    properties: Any = None

    def __post_init__(self) -> None:
        if not isinstance(self.id, str):
            self.id = ""
        if not isinstance(self.name, str):
            self.name = ""
        if not isinstance(self.properties, dict):
            self.properties = {}


class Score(msgspec.Struct, frozen=True, gc=False):
    """One number of one day: the latest, or one of the history."""

    subscription_id: str
    category: str
    """A value of :class:`~shared.advisor.vocabulary.Category`, or :data:`OVERALL`."""
    level: str
    scored_at: datetime
    percent: Decimal
    as_given: Decimal
    consumption_units: Decimal | None = None
    impacted_resources: int | None = None
    potential_increase: Decimal | None = None


def scores_in(row: ScoreRow) -> Iterator[Score]:
    """Yield the scores of a row, each day of a step once; what cannot be read is left out."""
    found = _SUBSCRIPTION.match(row.id.lower())
    category = OVERALL if row.name.lower() == "advisor" else category_of(row.name)
    if found is None or category is Category.OTHER:
        return
    subscription_id, named = found[1], str(category)
    seen: set[tuple[str, datetime]] = set()
    latest = row.properties.get("lastRefreshedScore")
    if isinstance(latest, dict) and (score := _score(subscription_id, named, LATEST, latest, whole=True)) is not None:
        yield score
    # Of a history behind a latest score nobody asks for the weights.
    whole = not isinstance(latest, dict)
    for level, facts in _history(row.properties):
        score = _score(subscription_id, named, level, facts, whole=whole)
        if score is not None and (key := (level, score.scored_at)) not in seen:
            seen.add(key)
            yield score


def overall_of(percents: list[tuple[str, Decimal, Decimal]]) -> Decimal | None:
    """Return the score of several subscriptions from their latest ``(category, percent, consumption units)``.

    Each category is the mean weighted by consumption, and the whole is the mean of the categories that are there, as
    Microsoft describes it.
    """
    categories: dict[str, list[tuple[Decimal, Decimal]]] = {}
    for category, percent, units in percents:
        if category != OVERALL:
            categories.setdefault(category, []).append((percent, units))
    means = [weighted(values) for values in categories.values()]
    return sum(means, Decimal(0)) / len(means) if means else None


def weighted(values: list[tuple[Decimal, Decimal]]) -> Decimal:
    """Return the mean of ``(value, weight)``, the plain one where nothing weighs anything."""
    weight = sum((units for _, units in values), Decimal(0))
    if weight <= 0:
        return sum((value for value, _ in values), Decimal(0)) / len(values)
    return sum((value * units for value, units in values), Decimal(0)) / weight


def _history(properties: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for series in _objects_in(properties.get("timeSeries")):
        level = _LEVELS.get(str(series.get("aggregationLevel") or "").strip().lower())
        if level:
            yield from ((level, facts) for facts in _objects_in(series.get("scoreHistory")))


def _objects_in(value: Any) -> Iterator[dict[str, Any]]:
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())


def _score(subscription_id: str, category: str, level: str, facts: dict[str, Any], *, whole: bool) -> Score | None:
    """Return what ``facts`` say, their weights only where that is the ``whole``."""
    moment = _moment(str(facts.get("date") or ""))
    given = _decimal(facts.get("score")) if moment is not None else None
    if given is None or moment is None or not 0 <= given <= 100:
        return None
    percent = given if given > 1 else given * 100
    if not whole:
        return Score(subscription_id, category, level, moment, percent, given)
    impacted = _decimal(facts.get("impactedResourceCount"))
    return Score(
        subscription_id=subscription_id,
        category=category,
        level=level,
        scored_at=moment,
        percent=percent,
        as_given=given,
        consumption_units=_decimal(facts.get("consumptionUnits")),
        impacted_resources=int(impacted) if impacted is not None and 0 <= impacted <= _MOST_RESOURCES else None,
        potential_increase=_decimal(facts.get("potentialScoreIncrease")),
    )


@lru_cache(maxsize=4096)
def _moment(text: str) -> datetime | None:
    # All scores have the same days.
    return parse_datetime(text)


def _decimal(value: Any) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= _MOST_PLACES else None
