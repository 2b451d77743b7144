"""Savings are counted once, and what does not count is told."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.advisor.commitments import CommitmentKind, SpendFamily, commitment_of
from shared.advisor.fingerprint import csv_fingerprint
from shared.advisor.recommendation import Recommendation
from shared.advisor.vocabulary import Category, Impact
from shared.savings import NoteCode, Savings, SavingsStatus, count_savings

VM = "84b1a508-fc21-49da-979e-96894f1665df"
PLAN = "89515250-1243-43d1-b4e7-f9437cedffd8"


def finding(amount: int | str | None = None, *, name: str = "vm", **fields: Any) -> Recommendation:
    base = {
        "category": Category.COST, "category_as_given": "Cost", "impact": Impact.HIGH, "impact_as_given": "High",
        "problem": "Resize", "currency": "" if amount is None else "USD", "resource_name": name, "subscription_id": "s1",
        "annual_savings": None if amount is None else Decimal(amount),
    }  # fmt: skip
    given_fields = {**base, **fields}
    fingerprint = csv_fingerprint(
        category="Cost", text=given_fields["problem"], subscription_id=given_fields["subscription_id"], resource_group="",
        resource_name=name, resource_type="",
    )  # fmt: skip
    return Recommendation(**{"fingerprint": fingerprint, **given_fields})


def reservation(
    amount: int, *, product: str = "virtualmachines", sku: str = "D4", term: str = "P3Y", **fields: Any
) -> Recommendation:
    fields = {"region": "eu", "sku": sku, "term": term, "extras": {"reservedResourceType": product}, **fields}
    return finding(amount, recommendation_type_id=VM if product == "virtualmachines" else "other", **fields)


def plan(amount: int, **fields: Any) -> Recommendation:
    return finding(amount, **{"recommendation_type_id": PLAN, "sku": "Compute_Savings_Plan", "term": "P3Y", **fields})


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
        ([reservation(5), reservation(7, region="us")], 12, None),
        ([plan(5), plan(7, term="P1Y")], 7, NoteCode.SAVINGS_PLAN_BEST_OPTION),
        ([plan(5), reservation(3), reservation(4, sku="D8")], 7, NoteCode.RESERVATIONS_OVER_SAVINGS_PLAN),
        ([plan(9), reservation(3), reservation(4, sku="D8")], 9, NoteCode.SAVINGS_PLAN_OVER_RESERVATIONS),
        ([plan(9), reservation(3, subscription_id="s2")], 12, None),
        ([plan(9), reservation(3, product="sqldatabases")], 12, None),
        ([plan(9), reservation(3, product="AppService")], 9, NoteCode.SAVINGS_PLAN_OVER_RESERVATIONS),
        ([plan(9), reservation(3, product="redhat")], 12, None),
        ([plan(9), finding(3)], 12, None),
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
    assert codes(savings) - {NoteCode.COMMITMENT_WITHOUT_TERM} == ({code} if code else set())


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


ROWS = st.lists(
    st.builds(
        lambda make, amount, sub, scope, number: make(amount, subscription_id=sub, scope=scope, name=str(number)),
        st.sampled_from([finding, reservation, plan]), st.integers(0, 50), st.sampled_from(["s1", "s2"]),
        st.sampled_from(["Single", "Shared"]), st.integers(0, 3),
    ),
    max_size=30,
)  # fmt: skip


@given(ROWS)
def test_what_counts_and_what_does_not_is_everything(rows: list[Recommendation]) -> None:
    savings = count_savings(rows)
    counted = [row for place, row in enumerate(rows) if savings.status_of(place, row) is SavingsStatus.COUNTED]
    assert sum(one.counted_amount for one in savings.by_currency) == sum(row.annual_savings or 0 for row in counted)
    assert sum(one.naive_amount for one in savings.by_currency) == sum(row.annual_savings or 0 for row in rows)


@given(ROWS, st.randoms())
def test_the_total_does_not_depend_on_the_order(rows: list[Recommendation], rng: Any) -> None:
    shuffled = list(rows)
    rng.shuffle(shuffled)
    assert [one.counted_amount for one in count_savings(shuffled).by_currency] == [
        one.counted_amount for one in count_savings(rows).by_currency
    ]
