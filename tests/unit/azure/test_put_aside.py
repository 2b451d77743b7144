"""What counts as put aside: the portal's rules, in every spelling that Azure has."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.advisor.standing import Standing
from shared.azure.put_aside import PutAside, Rules, Verdict
from shared.azure.scores import Score, ScoreRow, overall_of, score_in

_NOW = datetime(2026, 11, 26, tzinfo=UTC)
_SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
_RECOMMENDATION = f"/subscriptions/{_SUBSCRIPTION}/resourceGroups/RG/providers/Microsoft.Advisor/recommendations/N-1"
_RIGHTSIZING = "E10B1381-5f0a-47ff-8c7b-37bd13d7c974"


def _suppression(ttl: str | None, days: float | None = None) -> PutAside:
    properties: dict[str, Any] = {} if ttl is None else {"ttl": ttl}
    if days is not None:
        properties["expirationTimeStamp"] = (_NOW + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.1234567Z")
    return PutAside(id=f"{_RECOMMENDATION}/suppressions/x", type="microsoft.advisor/suppressions", properties=properties)


def _configuration(scope: str, **properties: Any) -> PutAside:
    return PutAside(
        id=f"{scope}/providers/Microsoft.Advisor/configurations/default",
        type="Microsoft.Advisor/configurations",
        properties=properties,
    )


def _verdict(*rows: PutAside, type_id: str = "t", **extended: str) -> Verdict:
    rules = Rules(now=_NOW)
    rules.add(rows)
    return rules.verdict(
        name="n-1", subscription_id=_SUBSCRIPTION.upper(), resource_group="rg", type_id=type_id, extended=extended
    )


@pytest.mark.parametrize(
    ("rows", "standing"),
    [
        ([_suppression("-1")], Standing.DISMISSED),
        ([_suppression(None)], Standing.DISMISSED),
        ([_suppression("-1", -30)], Standing.DISMISSED),
        ([_suppression("7.00:00:00", 3)], Standing.POSTPONED),
        ([_suppression("00:01:00:00", 0.01)], Standing.POSTPONED),
        ([_suppression("P30D", 3)], Standing.POSTPONED),
        ([_suppression("01:00:00")], Standing.POSTPONED),
        ([_suppression("7.00:00:00", -0.1)], Standing.ACTIVE),
        ([_suppression("7.00:00:00", 3), _suppression("-1")], Standing.DISMISSED),
        ([_suppression("-1"), _suppression("7.00:00:00", 3)], Standing.DISMISSED),
        ([_configuration(f"/subscriptions/{_SUBSCRIPTION}", exclude=True)], Standing.EXCLUDED),
        ([_configuration(f"/subscriptions/{_SUBSCRIPTION}", exclude="True")], Standing.EXCLUDED),
        ([_configuration(f"/subscriptions/{_SUBSCRIPTION}", exclude=False)], Standing.ACTIVE),
        ([_configuration(f"/subscriptions/{_SUBSCRIPTION}/resourcegroups/Rg", exclude=True)], Standing.EXCLUDED),
        ([_configuration(f"/subscriptions/{_SUBSCRIPTION}/resourceGroups/other", exclude=True)], Standing.ACTIVE),
        ([PutAside(id="x"), PutAside(id="", type="microsoft.advisor/suppressions")], Standing.ACTIVE),
    ],
)
def test_standing_by_what_azure_says(rows: list[PutAside], standing: Standing) -> None:
    verdict = _verdict(*rows)
    assert verdict.standing is standing
    assert (verdict.reason == "") is (standing is Standing.ACTIVE)


def test_longest_postponement_counts() -> None:
    verdict = _verdict(_suppression("7.00:00:00", 3), _suppression("30.00:00:00", 20), _suppression("1.00:00:00", 1))
    assert verdict.until is not None
    assert verdict.until - _NOW > timedelta(days=19)


@pytest.mark.parametrize(
    ("threshold", "used", "standing"),
    [
        (None, "4.9", Standing.ACTIVE),
        (None, "5", Standing.EXCLUDED),
        ("20", "12", Standing.ACTIVE),
        ("20", "20.5", Standing.EXCLUDED),
        ("", "4", Standing.ACTIVE),
        ("many", "6", Standing.EXCLUDED),
        ("20", "", Standing.ACTIVE),
    ],
)
def test_virtual_machines_count_as_underused_below_the_threshold(
    threshold: str | None, used: str, standing: Standing
) -> None:
    row = _configuration(f"/subscriptions/{_SUBSCRIPTION}", lowCpuThreshold=threshold)
    assert _verdict(row, type_id=_RIGHTSIZING, MaxCpuP95=used).standing is standing
    assert _verdict(row, type_id="another", MaxCpuP95=used).standing is Standing.ACTIVE


@pytest.mark.parametrize(
    ("given", "percent"), [(1, 100), (0.5, 50), (0, 0), ("0.731", "73.1"), (73, 73), (100, 100), (1.5, "1.5")]
)
def test_scores_come_in_both_scales(given: Any, percent: Any) -> None:
    score = _score({"lastRefreshedScore": {"score": given, "date": "2026-11-25T00:00:00Z"}})
    assert score is not None
    assert score.percent == Decimal(str(percent))
    assert score.as_given == Decimal(str(given))


@pytest.mark.parametrize("level", ["day", "Daily", "WEEK", "weekly", "month", "Monthly"])
def test_steps_of_a_history_come_in_both_spellings(level: str) -> None:
    history = [{"score": 0.4, "date": "2026-11-24T00:00:00Z"}] * 2
    score = _score({"timeSeries": [{"aggregationLevel": level, "scoreHistory": history}]})
    assert score is not None
    [former] = score.history
    assert former.level in {"day", "week", "month"}
    assert level.lower().startswith(former.level[:2])


def test_newest_of_the_history_stands_for_a_latest_score_that_is_not_there() -> None:
    days = [{"score": 0.1 * day, "date": f"2026-11-0{day}T00:00:00Z", "consumptionUnits": day} for day in (2, 4, 3)]
    score = _score({"timeSeries": [{"aggregationLevel": "day", "scoreHistory": days}]})
    assert score is not None
    assert (score.scored_at.day, score.percent, score.consumption_units) == (4, Decimal(40), Decimal(4))
    assert [former.scored_at.day for former in score.history] == [2, 4, 3]


def test_one_is_a_score_and_true_is_none_however_often_each_is_read() -> None:
    for given, readable in [(1, True), (True, False), (1, True), (1.0, True)]:
        assert (_score({"lastRefreshedScore": {"score": given, "date": "2026-11-25"}}) is not None) is readable


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"lastRefreshedScore": None, "timeSeries": None},
        {"lastRefreshedScore": {"score": "n/a", "date": "2026-11-25"}},
        {"lastRefreshedScore": {"score": 101, "date": "2026-11-25"}},
        {"lastRefreshedScore": {"score": True, "date": "2026-11-25"}},
        {"timeSeries": [None, {"aggregationLevel": "year", "scoreHistory": [{}]}, {"aggregationLevel": "day"}]},
    ],
)
def test_what_is_no_score_is_left_out(properties: dict[str, Any]) -> None:
    assert _score(properties) is None


def test_score_of_several_subscriptions_weighs_by_consumption_and_leaves_absent_categories_out() -> None:
    one, hundred = Decimal(1), Decimal(100)
    assert overall_of([("Cost", hundred, Decimal(3)), ("Cost", Decimal(0), one), ("Security", Decimal(25), one)]) == 50
    assert overall_of([("Cost", hundred, Decimal(0)), ("Cost", Decimal(50), Decimal(0))]) == 75
    assert overall_of([]) is None


def _score(properties: dict[str, Any]) -> Score | None:
    row = ScoreRow(
        id=f"/subscriptions/{_SUBSCRIPTION}/providers/Microsoft.Advisor/advisorScore/Cost",
        name="Cost",
        properties=properties,
    )
    return score_in(row)
