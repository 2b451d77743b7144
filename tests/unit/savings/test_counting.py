"""Savings are counted once, and what does not count is told."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from shared.advisor.commitments import CommitmentKind, SpendFamily, commitment_of
from shared.advisor.recommendation import Recommendation
from shared.advisor.standing import Standing
from shared.advisor.vocabulary import Category
from shared.savings import NoteCode, Savings, SavingsStatus, count_savings
from shared.savings.result import SavingsKind
from tests.unit.savings.offers import finding, plan, reservation, resizing


def total(savings: Savings) -> tuple[Decimal, int, Decimal, int]:
    (one,) = savings.by_currency
    return one.counted_amount, one.counted_number, one.alternative_amount, one.alternative_number


def codes(savings: Savings) -> set[NoteCode]:
    return {note.code for note in savings.notes}


SHARED = reservation(5, scope="Shared")


@pytest.mark.parametrize(
    ("rows", "counted", "code"),
    [
        ([finding(5, name="a"), finding(7, name="b")], 12, None),
        ([finding(5), finding(7), finding(7)], 7, NoteCode.SAME_FINDING_TWICE),
        ([reservation(5), reservation(7, term="P1Y"), reservation(6)], 7, NoteCode.RESERVATION_BEST_OPTION),
        ([reservation(5), reservation(7, sku="D8")], 12, None),
        ([reservation(5), reservation(7, subscription_id="s2")], 12, None),
        ([reservation(5), reservation(7, subscription_id="S1")], 7, NoteCode.RESERVATION_BEST_OPTION),
        ([reservation(5, product="sqldatabases"), reservation(7, product="AppService")], 12, None),
        ([reservation(5, product="sqldatabases"), reservation(7, product="sqldatabases", term="P1Y")], 7,
         NoteCode.RESERVATION_BEST_OPTION),
        ([reservation(5), reservation(7, region="us")], 12, None),
        ([plan(5), plan(7, term="P1Y")], 7, NoteCode.SAVINGS_PLAN_BEST_OPTION),
        ([plan(5), reservation(3), reservation(4, sku="D8")], 7, NoteCode.RESERVATIONS_OVER_SAVINGS_PLAN),
        ([plan(9), reservation(3), reservation(4, sku="D8")], 9, NoteCode.SAVINGS_PLAN_OVER_RESERVATIONS),
        ([plan(9), reservation(3, subscription_id="s2")], 12, None),
        ([plan(9), reservation(3, product="sqldatabases")], 12, None),
        ([plan(9), reservation(3, product="AppService")], 9, NoteCode.SAVINGS_PLAN_OVER_RESERVATIONS),
        ([plan(9), reservation(3, product="redhat")], 12, None),
        ([plan(9), finding(3)], 12, None),
        ([resizing(9), resizing(4)], 9, NoteCode.RIGHTSIZING_BEST_OPTION),
        ([resizing(9), resizing(4, name="b")], 13, None),
        ([resizing(9), reservation(3)], 9, NoteCode.RIGHTSIZING_OVER_RESERVATION),
        ([resizing(3), reservation(3)], 3, NoteCode.RIGHTSIZING_OVER_RESERVATION),
        ([resizing(3), reservation(9)], 9, NoteCode.RESERVATION_OVER_RIGHTSIZING),
        ([resizing(3, size="D8"), reservation(9)], 12, NoteCode.COMMITMENT_BEFORE_RIGHTSIZING),
        ([resizing(3, region="uswest"), reservation(9)], 12, NoteCode.COMMITMENT_BEFORE_RIGHTSIZING),
        ([resizing(3), plan(9)], 12, NoteCode.COMMITMENT_BEFORE_RIGHTSIZING),
        ([resizing(3, subscription_id="s2"), reservation(9)], 12, None),
        ([finding(0), reservation(0)], 0, None),
        ([SHARED, reservation(5, scope="Shared", subscription_id="s2")], 5, NoteCode.RESERVATION_BEST_OPTION),
        ([reservation(9, scope="Shared"), reservation(5, subscription_id="s2")], 9, NoteCode.SHARED_OR_SINGLE_SCOPE),
        ([SHARED, reservation(5), plan(3, subscription_id="s2")], 8, NoteCode.SHARED_OR_SINGLE_SCOPE),
        (
            [finding(5, problem="Consider virtual machine reserved instance to save over the on-demand costs"),
             finding(8, problem="Consider purchasing a savings plan for compute to unlock lower prices")],
            8, NoteCode.SAVINGS_PLAN_OVER_RESERVATIONS,
        ),
    ],
)  # fmt: skip
def test_overlapping_offers_count_once(rows: Sequence[Recommendation], counted: int, code: NoteCode | None) -> None:
    savings = count_savings(iter(rows))
    naive = sum(row.annual_savings or 0 for row in rows)
    assert total(savings)[0::2] == (Decimal(counted), Decimal(naive - counted))
    assert total(savings)[1] + total(savings)[3] == len(rows)
    unsaid = {NoteCode.COMMITMENT_WITHOUT_TERM, NoteCode.SCOPE_UNKNOWN, NoteCode.LOOKBACK_UNKNOWN}
    assert codes(savings) - unsaid == ({code} if code else set())


def test_each_recommendation_knows_what_became_of_it() -> None:
    rows = [reservation(5), finding(None), reservation(7, term="P1Y"), finding(None, category=Category.SECURITY)]
    savings = count_savings(rows)
    assert [savings.status_of(place, row) for place, row in enumerate(rows)] == [
        SavingsStatus.ALTERNATIVE, SavingsStatus.NOT_ESTIMATED, SavingsStatus.COUNTED, SavingsStatus.NONE,
    ]  # fmt: skip
    assert [savings.is_alternative(place) for place in range(4)] == [True, False, False, False]
    assert savings.not_estimated_number == 1


def test_currencies_are_never_added() -> None:
    savings = count_savings([finding(5), finding(9, name="b", currency="EUR"), finding(1, name="c", currency="")])
    assert [(one.currency, one.counted_amount) for one in savings.by_currency] == [
        ("EUR", Decimal(9)), ("USD", Decimal(5)), ("", Decimal(1)),
    ]  # fmt: skip
    assert NoteCode.CURRENCY_UNKNOWN in codes(savings)


def test_an_amount_below_zero_is_neither_counted_nor_subtracted() -> None:
    savings = count_savings([finding(5), finding(-3, name="b")])
    (one,) = savings.by_currency
    assert (one.counted_amount, one.naive_amount, one.not_a_saving_number) == (Decimal(5), Decimal(5), 1)
    assert savings.status_of(1, finding(-3)) is SavingsStatus.NOT_A_SAVING


@pytest.mark.parametrize("standing", [Standing.DISMISSED, Standing.POSTPONED, Standing.EXCLUDED])
def test_what_somebody_put_aside_in_azure_is_in_no_sum(standing: Standing) -> None:
    aside = reservation(9, standing=standing)
    savings = count_savings([finding(5), aside, reservation(3), finding(None, name="b", standing=standing)])
    (one,) = savings.by_currency
    assert (one.counted_amount, one.naive_amount, one.put_aside_amount) == (Decimal(8), Decimal(8), Decimal(9))
    assert (savings.status_of(1, aside), savings.not_estimated_number) == (SavingsStatus.PUT_ASIDE, 0)


def test_the_total_is_told_by_kind_by_subscription_and_by_price() -> None:
    savings = count_savings([
        resizing(8, size="D8"), reservation(5), reservation(4, lookback_days=60), plan(2),
        finding(1, subscription_id="S2", subscription_name="Two"),
    ])  # fmt: skip
    (one,) = savings.by_currency
    assert {line.kind: (int(line.counted_amount), int(line.alternative_amount)) for line in one.by_kind} == {
        SavingsKind.RIGHTSIZING: (8, 0), SavingsKind.RESERVATION: (5, 4), SavingsKind.SAVINGS_PLAN: (0, 2),
        SavingsKind.OTHER: (1, 0),
    }  # fmt: skip
    assert [(line.subscription_id, line.counted_amount, line.alternative_number) for line in one.by_subscription] == [
        ("s1", Decimal(13), 2), ("s2", Decimal(1), 0),
    ]  # fmt: skip
    assert (one.retail_amount, one.by_subscription[1].subscription_name) == (Decimal(8), "Two")


def test_every_alternative_says_why() -> None:
    rows = [reservation(5), reservation(4, lookback_days=60), reservation(3, term="P1Y"), plan(2), finding(1)]
    savings = count_savings(rows)
    assert [savings.reason_of(place) for place in range(5)] == [
        None, NoteCode.OTHER_LOOKBACK, NoteCode.RESERVATION_BEST_OPTION, NoteCode.RESERVATIONS_OVER_SAVINGS_PLAN, None,
    ]  # fmt: skip
    assert [(note.code, note.count, int(note.amount)) for note in savings.notes] == [
        (NoteCode.RESERVATION_BEST_OPTION, 1, 3), (NoteCode.RESERVATIONS_OVER_SAVINGS_PLAN, 1, 2),
        (NoteCode.OTHER_LOOKBACK, 1, 4),
    ]  # fmt: skip


def test_the_example_of_the_documentation_is_right() -> None:
    d4, d8 = "Standard_D4s_v5", "Standard_D8s_v5"
    savings = count_savings([
        resizing(1_400, size=d4), reservation(1_100, sku=d4), reservation(2_056, sku=d8),
        reservation(1_314, sku=d8, term="P1Y"), reservation(2_300, sku=d8, lookback_days=7),
        reservation(640, product="sqldatabases", lookback_days=60), plan(1_900), finding(96), finding(None, name="plan"),
    ])  # fmt: skip
    assert [savings.reason_of(place) for place in range(8)] == [
        None, NoteCode.RIGHTSIZING_OVER_RESERVATION, None, NoteCode.RESERVATION_BEST_OPTION, NoteCode.OTHER_LOOKBACK, None,
        NoteCode.RESERVATIONS_OVER_SAVINGS_PLAN, None,
    ]  # fmt: skip
    (one,) = savings.by_currency
    assert (one.counted_amount, one.retail_amount, one.naive_amount) == (Decimal(4_192), Decimal(1_400), Decimal(10_806))
    assert savings.not_estimated_number == 1


def test_amounts_of_many_digits_are_added_exactly() -> None:
    digits = "999999999999999.9999999999"
    savings = count_savings(finding(digits, name=str(number)) for number in range(1_000))
    assert savings.by_currency[0].counted_amount == Decimal("999999999999999999.9999999000")


def test_nothing_saves_nothing() -> None:
    savings = count_savings([])
    assert (savings.by_currency, savings.not_estimated_number, savings.notes) == ((), 0, ())


def test_rows_without_a_term_are_told() -> None:
    assert NoteCode.COMMITMENT_WITHOUT_TERM in codes(count_savings([reservation(5, term="")]))


COMPUTE, DATABASE, OTHER = SpendFamily.COMPUTE, SpendFamily.DATABASE, SpendFamily.OTHER


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("Consider virtual machine reserved instance to save over the on-demand costs", COMPUTE),
        ("Consider App Service reserved instance to save over the on-demand costs", COMPUTE),
        ("Consider SQL PaaS DB reserved instance to save over your pay-as-you-go costs", DATABASE),
        ("Consider Cosmos DB reserved instance to save over your pay-as-you-go costs", DATABASE),
        ("Consider Database for PostgreSQL reserved instance to save over your pay-as-you-go costs", DATABASE),
        ("Consider Azure Data Explorer reserved capacity to save over your on-demand costs", OTHER),
        ("Purchase reservations", OTHER),
    ],
)
def test_reservations_are_known_by_their_text(text: str, family: SpendFamily) -> None:
    commitment = commitment_of(finding(5, problem=text))
    assert commitment is not None
    assert (commitment.kind, commitment.family) == (CommitmentKind.RESERVATION, family)


def test_a_text_and_the_api_name_the_same_product() -> None:
    text = commitment_of(finding(5, problem="Consider virtual machine reserved instance to save over the on-demand costs"))
    assert text == commitment_of(reservation(5))


@pytest.mark.parametrize(
    ("fields", "family"),
    [
        ({"problem": "Consider purchasing a savings plan for compute"}, COMPUTE),
        ({"problem": "Consider a savings plan for databases"}, DATABASE),
        ({"extras": {"recommendationSubCategory": "SavingsPlan"}}, COMPUTE),
        ({"sku": "Database_Savings_Plan"}, DATABASE),
    ],
)
def test_savings_plans_are_known(fields: dict[str, Any], family: SpendFamily) -> None:
    commitment = commitment_of(finding(5, **fields))
    assert commitment is not None
    assert (commitment.kind, commitment.family) == (CommitmentKind.SAVINGS_PLAN, family)


@pytest.mark.parametrize("text", ["Right-size virtual machines", "Use Azure Capacity Reservation for virtual machine (VM)"])
def test_other_texts_commit_to_nothing(text: str) -> None:
    assert commitment_of(finding(5, problem=text)) is None
