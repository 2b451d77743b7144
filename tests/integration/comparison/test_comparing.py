"""Two snapshots of one client: what is new, gone and not as it was, and what that is worth."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from shared.advisor.recommendation import Recommendation
from shared.advisor.standing import Standing
from shared.advisor.vocabulary import Category, Impact
from shared.comparison.result import ChangeKind, Comparison, MatchedBy, SavingsBridge
from shared.database.session import Database
from shared.database.tables import Finding, ReportChange
from shared.reports.manual import ManualRecommendation
from shared.reports.options import ReportScope
from tests.integration.comparison.conftest import FIRST, Estate
from tests.unit.savings.offers import finding, plan, reservation

replace = msgspec.structs.replace


def names(comparison: Comparison) -> dict[str, list[str]]:
    return {kind.value: [one.resource_name for one in listed] for kind, listed in comparison.changes.items() if listed}


def bridge(comparison: Comparison) -> list[int]:
    (line,) = comparison.bridges
    amounts = [line.before, line.realised, line.lost, line.newly_found, line.grown, line.after]
    assert line.after == line.before - line.realised - line.lost + line.newly_found + line.grown
    return [int(amount) for amount in amounts]


def test_every_finding_is_of_one_kind(estate: Estate) -> None:
    same, gone, dearer = finding(5, name="same"), finding(7, name="gone"), finding(10, name="dearer")
    milder, reworded = finding(None, name="milder"), finding(None, name="reworded", recommendation_type_id="t")
    late, aside = finding(3, name="late"), finding(4, name="aside")
    before = estate.snapshot([same, gone, dearer, milder, reworded, late, aside])
    now = estate.snapshot([
        same, replace(dearer, annual_savings=Decimal(12)), replace(milder, impact=Impact.LOW),
        replace(reworded, problem="Said in other words"), finding(1, name="fresh"),
        replace(late, standing=Standing.POSTPONED), replace(aside, standing=Standing.DISMISSED),
        finding(9, name="born aside", standing=Standing.DISMISSED),
    ])  # fmt: skip
    comparison = estate.compare(before, now)
    assert names(comparison) == {
        "new": ["fresh"], "resolved": ["gone"], "changed": ["dearer", "reworded", "milder"], "postponed": ["late"],
        "dismissed": ["aside"],
    }  # fmt: skip
    assert comparison.counts == {**dict.fromkeys(ChangeKind, 1), ChangeKind.RETURNED: 0, ChangeKind.CHANGED: 3}
    assert (comparison.unchanged, comparison.matched, comparison.current.findings) == (1, 4, 5)
    assert comparison.match_rate == Decimal("0.8")
    assert {one.resource_name: one.changed for one in comparison.changes[ChangeKind.CHANGED]} == {
        "dearer": ("savings",), "milder": ("impact",), "reworded": ("text",),
    }  # fmt: skip
    dearest = comparison.changes[ChangeKind.CHANGED][0]
    assert (dearest.annual_savings_before, dearest.annual_savings) == (Decimal(10), Decimal(12))
    assert bridge(comparison) == [29, 7, 7, 1, 2, 18]


def test_what_was_away_for_a_while_has_returned_and_keeps_its_age(estate: Estate) -> None:
    first = estate.snapshot([finding(5, name="a"), finding(5, name="b")])
    second = estate.snapshot([finding(5, name="b")])
    third = estate.snapshot([finding(5, name="a"), finding(5, name="b"), finding(2, name="c")])
    assert names(estate.compare(first, second)) == {"resolved": ["a"]}
    comparison = estate.compare(second, third)
    assert names(comparison) == {"returned": ["a"], "new": ["c"]}
    assert comparison.changes[ChangeKind.RETURNED][0].first_seen_at == FIRST
    assert {age.label: age.count for age in comparison.ages} == {"30": 1, "90": 2, "180": 0, "365": 0, "older": 0}


def test_a_finding_that_was_dismissed_and_is_open_again_has_returned(estate: Estate) -> None:
    before = estate.snapshot([finding(5, standing=Standing.DISMISSED)])
    comparison = estate.compare(before, estate.snapshot([finding(5)]))
    assert (names(comparison), bridge(comparison)) == ({"returned": ["disk"]}, [0, 0, 0, 5, 0, 5])


def test_an_alternative_that_counts_now_has_grown_and_is_not_newly_found(estate: Estate) -> None:
    before = estate.snapshot([reservation(9), plan(6)])
    comparison = estate.compare(before, estate.snapshot([plan(6)]))
    assert bridge(comparison) == [9, 9, 0, 0, 6, 6]


def test_amounts_of_different_currencies_are_told_apart(estate: Estate) -> None:
    before = estate.snapshot([finding(5, name="a"), finding(7, name="b", currency="EUR")])
    comparison = estate.compare(before, estate.snapshot([finding(5, name="a", currency="EUR")]))
    zero = Decimal(0)
    assert comparison.bridges == (
        SavingsBridge(currency="EUR", before=Decimal(7), realised=Decimal(7), lost=zero, newly_found=zero, grown=Decimal(5),
                      after=Decimal(5)),
        SavingsBridge(currency="USD", before=Decimal(5), realised=zero, lost=Decimal(5), newly_found=zero, grown=zero,
                      after=zero),
    )  # fmt: skip


def as_portal(row: Recommendation, number: int) -> Recommendation:
    """The same finding as the portal's CSV has it."""
    return replace(
        row, fingerprint=number.to_bytes(16), resource_id="", recommendation_type_id="", sku="", region="", term="",
        scope="", lookback_days=None, extras={}, resource_type="Disk", resource_group=row.resource_group.upper(),
        problem=row.problem.replace(" ", "  "),
    )  # fmt: skip


def test_findings_are_recognised_across_sources(estate: Estate) -> None:
    reserve = {"name": "s1", "problem": "Reserve"}
    api = [finding(5, name="a", resource_group="rg"), finding(6, name="b", resource_group="rg"),
           reservation(9, **reserve), reservation(8, term="P1Y", **reserve)]  # fmt: skip
    portal = [as_portal(api[0], 1), replace(as_portal(api[2], 2), resource_name="Production"),
              as_portal(finding(3, name="c", resource_group="rg"), 3)]  # fmt: skip
    first = estate.snapshot(api)
    second = estate.snapshot(portal, "portal_csv")
    comparison = estate.compare(first, second)
    assert comparison.matched_by is MatchedBy.CROSS_SOURCE
    assert names(comparison) == {"resolved": ["b"], "new": ["c"]}
    assert (comparison.matched, comparison.earlier.findings, comparison.match_rate) == (2, 3, Decimal("0.6667"))
    assert bridge(comparison) == [20, 6, 0, 3, 0, 17]
    back = estate.compare(second, estate.snapshot(api))
    assert names(back) == {"returned": ["b"], "resolved": ["c"]}
    assert {age.label: age.count for age in back.ages}["90"] == 3, "the age is that of the first source"


def test_a_difference_of_scope_is_said(estate: Estate) -> None:
    before = estate.snapshot([finding(5), finding(None, name="x", subscription_id="s2", subscription_name="Old")])
    now = estate.snapshot([finding(5), finding(None, name="y", category=Category.SECURITY)])
    comparison = estate.compare(before, now)
    assert (comparison.only_then, comparison.only_now, comparison.same_scope) == (("Old",), (), False)
    assert (comparison.only_categories_then, comparison.only_categories_now) == ((), (Category.SECURITY,))


def test_a_report_of_some_subscriptions_compares_those_alone(estate: Estate) -> None:
    before = estate.snapshot([finding(5), finding(7, name="x", subscription_id="s2")])
    now = estate.snapshot([finding(6), finding(9, name="y", subscription_id="s2")])
    comparison = estate.compare(before, now, scope=ReportScope(subscriptions=("S1",)))
    assert (names(comparison), bridge(comparison)) == ({"changed": ["disk"]}, [5, 0, 0, 0, 1, 6])


def test_what_was_added_by_hand_is_compared_as_well(estate: Estate) -> None:
    kept, dropped, added = (
        ManualRecommendation(
            category=Category.COST, impact=Impact.HIGH, problem=text, annual_savings=Decimal(amount), currency="USD"
        )
        for text, amount in (("Keep", 1), ("Drop", 2), ("Add", 4))
    )
    before, now = estate.snapshot([finding(5)]), estate.snapshot([finding(5)])
    comparison = estate.compare(before, now, manual=((kept, dropped), (kept, added)))
    assert [one.problem for kind in ("new", "resolved") for one in comparison.changes[ChangeKind(kind)]] == ["Add", "Drop"]
    assert bridge(comparison) == [8, 2, 0, 4, 0, 10]


def test_comparing_again_replaces_what_was_found(estate: Estate, database: Database, tenant: UUID) -> None:
    before, now = estate.snapshot([finding(5)]), estate.snapshot([finding(6), finding(7, name="b")])
    report_id = estate.report(now)
    once = estate.compare(before, now, report_id=report_id)
    assert estate.compare(before, now, report_id=report_id) == once
    with database.tenant(tenant) as session:
        assert session.scalar(select(func.count()).select_from(ReportChange)) == 2


def test_the_order_in_which_snapshots_arrive_does_not_change_when_a_finding_was_first_seen(
    estate: Estate, database: Database, tenant: UUID
) -> None:
    estate._taken = FIRST + timedelta(days=365)
    estate.snapshot([finding(5)])
    estate._taken = FIRST
    estate.snapshot([finding(5)])
    with database.tenant(tenant) as session:
        seen = session.scalars(select(Finding)).one()
    assert (seen.first_seen_at, seen.last_seen_at) == (FIRST, FIRST + timedelta(days=365))


def test_a_snapshot_without_findings_resolves_everything(estate: Estate) -> None:
    before, now = estate.snapshot([finding(5)]), estate.snapshot([])
    comparison = estate.compare(before, now)
    assert (names(comparison), comparison.match_rate) == ({"resolved": ["disk"]}, Decimal(0))
    assert bridge(comparison) == [5, 5, 0, 0, 0, 0]
    assert estate.compare(now, before).counts[ChangeKind.NEW] == 1
