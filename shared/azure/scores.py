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
from shared.azure.loose_row import LooseRow

OVERALL = "Overall"
LATEST = "latest"

_SUBSCRIPTION = re.compile(r"/subscriptions/([0-9a-f-]{36})/")
_MOST_RESOURCES = 2**31 - 1
# Beyond these powers of ten a number is none that anybody meant, and takes a page to write.
_MOST_PLACES = 30
_LEVELS = {"day": "day", "daily": "day", "week": "week", "weekly": "week", "month": "month", "monthly": "month"}


class ScoreRow(LooseRow):
    """A row about one category of one subscription."""


class Former(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A score of the history; one object for all that say the same, so that each is read and written out once."""

    level: str
    """``day``, ``week`` or ``month``."""
    scored_at: datetime
    percent: Decimal
    as_given: Decimal


class Score(msgspec.Struct, frozen=True, gc=False):
    """The latest score of one category of one subscription, with its history."""

    subscription_id: str
    category: str
    """A value of :class:`~shared.advisor.vocabulary.Category`, or :data:`OVERALL`."""
    scored_at: datetime
    percent: Decimal
    as_given: Decimal
    consumption_units: Decimal | None = None
    impacted_resources: int | None = None
    potential_increase: Decimal | None = None
    history: tuple[Former, ...] = ()
    """Each day of a step once, in Azure's order."""


# A score, and all that Azure says with it.
_Step = tuple[Former, dict[str, Any]]


def score_in(row: ScoreRow) -> Score | None:
    """Return the score of a row; ``None`` where it names no subscription, no category, or nothing that can be read.

    Where Azure names no latest score, the newest of the history is.
    """
    found = _SUBSCRIPTION.match(row.id.lower())
    category = OVERALL if row.name.lower() == "advisor" else category_of(row.name)
    if found is None or category is Category.OTHER:
        return None
    steps = list(_history(row.properties))
    latest = _step(LATEST, row.properties.get("lastRefreshedScore"))
    if latest is None and steps:
        latest = max(steps, key=lambda step: step[0].scored_at)
    if latest is None:
        return None
    score, facts = latest
    impacted = _decimal(facts.get("impactedResourceCount"))
    return Score(
        subscription_id=found[1],
        category=str(category),
        scored_at=score.scored_at,
        percent=score.percent,
        as_given=score.as_given,
        consumption_units=_decimal(facts.get("consumptionUnits")),
        impacted_resources=int(impacted) if impacted is not None and 0 <= impacted <= _MOST_RESOURCES else None,
        potential_increase=_decimal(facts.get("potentialScoreIncrease")),
        history=tuple([former for former, _ in steps]),
    )


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


def _history(properties: dict[str, Any]) -> Iterator[_Step]:
    seen: set[tuple[str, datetime]] = set()
    for series in _objects_in(properties.get("timeSeries")):
        level = _LEVELS.get(str(series.get("aggregationLevel") or "").strip().lower())
        if not level:
            continue
        for facts in _objects_in(series.get("scoreHistory")):
            step = _step(level, facts)
            if step is not None and (key := (level, step[0].scored_at)) not in seen:
                seen.add(key)
                yield step


def _objects_in(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _step(level: str, facts: Any) -> _Step | None:
    score = facts.get("score") if isinstance(facts, dict) else None
    former = _read(level, str(facts.get("date") or ""), score) if isinstance(score, (int, float, str)) else None
    return None if former is None else (former, facts)


# Typed, for True is no score and 1 is one. All rows have the same days, and of scores there are some hundreds.
@lru_cache(maxsize=32_768, typed=True)
def _read(level: str, date: str, score: float | str) -> Former | None:
    moment, given = parse_datetime(date), _decimal(score)
    if moment is None or given is None or not 0 <= given <= 100:
        return None
    return Former(level, moment, given if given > 1 else given * 100, given)


def _decimal(value: Any) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= _MOST_PLACES else None
