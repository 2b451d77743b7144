"""What a snapshot could not hold is not gone: it is neither resolved nor realised."""

from typing import Any

from shared.advisor.recommendation import RejectedRow
from shared.comparison import choosing, trend
from shared.comparison.result import ChangeKind
from shared.database.tables import Snapshot
from shared.identifiers import new_id
from shared.reports.options import ComparisonChoice, ReportOptions, ReportScope
from shared.savings import count_savings
from tests.integration.comparison.conftest import Estate
from tests.integration.comparison.test_comparing import bridge, names
from tests.unit.savings.offers import finding

_WHOLE: dict[str, Any] = {"filters": {}, "subscriptions_refused": []}
_ELSEWHERE = {"subscription_id": "s2", "subscription_name": "Old"}


def _without(*ids: str) -> dict[str, Any]:
    return {**_WHOLE, "subscriptions_refused": [{"subscription_id": one, "code": "azure_service_failed"} for one in ids]}


def _chosen(estate: Estate, snapshot: Snapshot) -> Snapshot | None:
    with estate.database.tenant(estate.tenant_id) as session:
        return choosing.earlier_of(session, snapshot, estate.report(snapshot), ComparisonChoice()).snapshot


def test_a_subscription_that_could_not_be_read_is_left_out_of_the_comparison(estate: Estate) -> None:
    before = estate.snapshot([finding(5), finding(3, name="gone"), finding(7, name="x", **_ELSEWHERE)], fetch=_WHOLE)
    comparison = estate.compare(before, estate.snapshot([finding(6)], fetch=_without("S2"), read=["s1"]))
    assert (names(comparison), bridge(comparison)) == ({"changed": ["disk"], "resolved": ["gone"]}, [8, 3, 0, 0, 1, 6])
    assert (comparison.not_read, comparison.only_then, comparison.same_scope) == (("Old",), (), False)


def test_rows_that_could_not_be_read_are_said_beside_what_counts_as_resolved(estate: Estate) -> None:
    before = estate.snapshot([finding(5)], fetch=_WHOLE)
    broken = RejectedRow(line=2, column="id", value="{}", reason_code="item_unexpected", reason="It is not as expected.")
    now = estate.snapshot([broken], fetch={**_WHOLE, "missing": 3})
    assert estate.compare(before, now).unread_rows == 4


def test_a_subscription_that_was_not_asked_for_is_left_out_of_the_comparison(estate: Estate) -> None:
    rows = [finding(5), finding(7, name="x", **_ELSEWHERE)]
    before = estate.snapshot(rows, fetch=_WHOLE, read=["s1", "s2"])
    comparison = estate.compare(before, estate.snapshot([], fetch=_WHOLE, read=["s1"]))
    assert (names(comparison), comparison.not_read) == ({"resolved": ["disk"]}, ("Old",))
    assert comparison.counts[ChangeKind.RESOLVED] == 1


def test_snapshots_that_were_filtered_otherwise_are_not_compared(estate: Estate) -> None:
    whole = estate.snapshot([finding(5), finding(3, name="b")], fetch=_WHOLE)
    important = {**_WHOLE, "filters": {"impacts": ["High"]}}
    first = estate.snapshot([finding(5)], fetch=important)
    assert _chosen(estate, first) is None
    second = estate.snapshot([finding(5)], fetch=important)
    assert (found := _chosen(estate, second)) is not None
    assert found.id == first.id
    # An export has no filters that are known.
    assert (found := _chosen(estate, estate.snapshot([finding(5)]))) is not None
    assert found.id == whole.id


def test_a_whole_snapshot_is_chosen_before_one_that_misses_a_subscription(estate: Estate) -> None:
    rows = [finding(5), finding(7, name="x", **_ELSEWHERE)]
    whole = estate.snapshot(rows, fetch=_WHOLE)
    estate.snapshot(rows[:1], fetch=_without("s2"))
    assert (found := _chosen(estate, estate.snapshot(rows, fetch=_WHOLE))) is not None
    assert found.id == whole.id


def test_the_course_of_time_leaves_out_what_was_filtered_otherwise(estate: Estate) -> None:
    snapshots = [
        estate.snapshot([finding(5)], fetch=_without("s2", "s3")),
        estate.snapshot([finding(5)], fetch={**_WHOLE, "filters": {"categories": ["Cost"]}}),
        estate.snapshot([finding(5)]),
    ]
    basis = trend.basis_of(ReportOptions())
    with estate.database.tenant(estate.tenant_id) as session:
        for one in snapshots:
            trend.keep_totals(session, one, basis, trend.totals_of(session, one, ReportScope(), count_savings(())))
        points = trend.trend_of(session, estate.client_id, basis, snapshots[2], until=snapshots[2]).points
        assert trend.snapshots_until(session, snapshots[2])[1].id == snapshots[0].id
    assert [(one.snapshot_id, one.unread_subscriptions) for one in points] == [(snapshots[0].id, 2), (snapshots[2].id, 0)]


def test_what_one_run_of_a_schedule_fetched_for_several_types_is_one_point_in_time(estate: Estate) -> None:
    month, first, second = (estate.snapshot([finding(5)], fetch=_WHOLE) for _ in range(3))
    run_id = new_id()
    estate.report(first, run_id=run_id)
    report_id = estate.report(second, run_id=run_id)
    with estate.database.tenant(estate.tenant_id) as session:
        earlier = choosing.earlier_of(session, second, report_id, ComparisonChoice())
        assert earlier.snapshot is not None
        assert earlier.snapshot.id == month.id
        assert [one.id for one in trend.snapshots_until(session, second)] == [second.id, month.id]
        assert [one.id for one in trend.snapshots_until(session, first)] == [first.id, month.id]
