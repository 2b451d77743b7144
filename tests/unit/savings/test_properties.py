"""What holds of the savings of any offers."""

import random
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from shared.advisor.recommendation import Recommendation
from shared.savings import Savings, SavingsStatus, count_savings
from shared.savings.policy import SavingsPolicy
from shared.savings.result import NoteCode
from tests.unit.savings.offers import finding, plan, reservation, resizing

_AMOUNTS = st.decimals(-5, 500, places=2)
_WHERE = st.fixed_dictionaries({
    "subscription_id": st.sampled_from(["s1", "s2", "s3"]), "currency": st.sampled_from(["USD", "EUR", ""]),
})  # fmt: skip
_COMMITMENT = st.fixed_dictionaries({
    "scope": st.sampled_from(["Single", "Single", "Shared", ""]), "term": st.sampled_from(["P1Y", "P3Y", ""]),
    "lookback_days": st.sampled_from([7, 30, 60, None]),
})  # fmt: skip
_PRODUCTS = st.sampled_from(["virtualmachines", "virtualmachines", "AppService", "sqldatabases", "redhat"])


def _of(make: Any, *fields: st.SearchStrategy[Mapping[str, Any]]) -> st.SearchStrategy[Recommendation]:
    return st.builds(
        lambda amount, *given: make(amount, **{k: v for one in given for k, v in one.items()}), _AMOUNTS, *fields
    )


# The size of a machine goes with its name: two findings on one machine agree on it.
_MACHINE = st.sampled_from([("a", "D4"), ("b", "D4"), ("c", "D8"), ("d", "")]).map(
    lambda one: {"name": one[0], "size": one[1]}
)
OFFERS = st.one_of(
    _of(finding, _WHERE, st.fixed_dictionaries({"name": st.sampled_from("abc")})),
    _of(resizing, _WHERE, _MACHINE),
    _of(plan, _WHERE, _COMMITMENT),
    _of(
        reservation, _WHERE, _COMMITMENT, st.fixed_dictionaries({"product": _PRODUCTS, "sku": st.sampled_from(["D4", "D8"])})
    ),
)
ROWS = st.lists(OFFERS, max_size=30)
POLICIES = st.builds(
    lambda term, lookback, path: msgspec.convert({"term": term, "lookback_days": lookback, "path": path}, SavingsPolicy),
    st.sampled_from(["best", "P1Y", "P3Y"]), st.sampled_from([7, 30, 60, "best"]),
    st.sampled_from(["best", "reservations", "savings_plans"]),
)  # fmt: skip
# Those that no offer stands in for another: the look-back is free, and so is the term.
FREE = st.builds(
    lambda path: msgspec.convert({"lookback_days": "best", "path": path}, SavingsPolicy),
    st.sampled_from(["best", "reservations", "savings_plans"]),
)


def totals(savings: Savings) -> dict[str, Decimal]:
    return {line.currency: line.counted_amount for line in savings.by_currency}


def replaced_stand_ins(savings: Savings) -> Counter[str]:
    codes = NoteCode.OTHER_LOOKBACK, NoteCode.OTHER_TERM
    return Counter({note.currency: note.count for note in savings.notes if note.code in codes})


@given(ROWS, POLICIES)
def test_what_counts_and_what_does_not_is_everything_that_saves(rows: list[Recommendation], policy: SavingsPolicy) -> None:
    savings = count_savings(rows, policy)
    for line in savings.by_currency:
        priced = [
            (row.annual_savings, savings.status_of(place, row))
            for place, row in enumerate(rows)
            if row.annual_savings is not None and row.currency == line.currency
        ]
        counted = [amount for amount, status in priced if status is SavingsStatus.COUNTED]
        assert (line.counted_amount, line.counted_number) == (sum(counted, Decimal(0)), len(counted))
        assert line.naive_amount == sum((amount for amount, _ in priced if amount >= 0), Decimal(0))
        assert line.counted_amount == sum((part.counted_amount for part in line.by_kind), Decimal(0))
        assert line.counted_amount == sum((part.counted_amount for part in line.by_subscription), Decimal(0))
        assert line.alternative_amount == sum((part.alternative_amount for part in line.by_subscription), Decimal(0))


@given(ROWS, POLICIES)
def test_the_total_never_exceeds_the_naive_sum(rows: list[Recommendation], policy: SavingsPolicy) -> None:
    for line in count_savings(rows, policy).by_currency:
        assert 0 <= line.counted_amount <= line.naive_amount


@given(ROWS, OFFERS, FREE)
def test_one_more_offer_never_lowers_the_total(
    rows: list[Recommendation], another: Recommendation, policy: SavingsPolicy
) -> None:
    before, after = totals(count_savings(rows, policy)), totals(count_savings([*rows, another], policy))
    assert all(after[currency] >= amount for currency, amount in before.items())


@given(ROWS, OFFERS, POLICIES)
def test_the_total_falls_only_where_an_offer_replaces_a_stand_in_and_then_it_is_said(
    rows: list[Recommendation], another: Recommendation, policy: SavingsPolicy
) -> None:
    before, after = count_savings(rows, policy), count_savings([*rows, another], policy)
    replaced, by_now = replaced_stand_ins(before), replaced_stand_ins(after)
    for currency, amount in totals(before).items():
        assert totals(after)[currency] >= amount or by_now[currency] > replaced[currency]


@given(ROWS, POLICIES, st.randoms())
def test_nothing_but_the_places_depends_on_the_order(
    rows: list[Recommendation], policy: SavingsPolicy, rng: random.Random
) -> None:
    shuffled = list(rows)
    rng.shuffle(shuffled)
    one, other = (msgspec.structs.replace(count_savings(some, policy), outcomes=b"") for some in (rows, shuffled))
    assert one == other
