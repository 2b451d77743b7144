"""The policy of a report decides between offers, and what it leaves out says so."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from shared.advisor.recommendation import Recommendation
from shared.savings import NoteCode, count_savings
from shared.savings.policy import DisplayCurrency, ExchangeRate, SavingsPolicy
from tests.unit.savings.offers import finding, plan, reservation

SEVEN, THIRTY, SIXTY = (reservation(amount, lookback_days=days) for amount, days in ((90, 7), (30, 30), (60, 60)))
ONE_YEAR, THREE_YEARS = reservation(40, term="P1Y"), reservation(70)
SQL = reservation(20, product="sqldatabases")


@pytest.mark.parametrize(
    ("policy", "rows", "counted", "code"),
    [
        ({}, [SEVEN, THIRTY, SIXTY], 30, NoteCode.OTHER_LOOKBACK),
        ({"lookback_days": 7}, [SEVEN, THIRTY, SIXTY], 90, NoteCode.OTHER_LOOKBACK),
        ({"lookback_days": 60}, [SEVEN, THIRTY, SIXTY], 60, NoteCode.OTHER_LOOKBACK),
        ({"lookback_days": "best"}, [SEVEN, THIRTY, SIXTY], 90, NoteCode.RESERVATION_BEST_OPTION),
        ({}, [SEVEN, SIXTY], 60, NoteCode.LOOKBACK_FALLBACK),
        ({}, [SEVEN], 90, NoteCode.LOOKBACK_FALLBACK),
        ({"lookback_days": 60}, [SEVEN, THIRTY], 30, NoteCode.LOOKBACK_FALLBACK),
        ({}, [reservation(5, lookback_days=None)], 5, NoteCode.LOOKBACK_UNKNOWN),
        ({}, [reservation(5, lookback_days=14), reservation(9, lookback_days=None)], 5, NoteCode.LOOKBACK_FALLBACK),
        ({}, [ONE_YEAR, THREE_YEARS], 70, NoteCode.RESERVATION_BEST_OPTION),
        ({"term": "P1Y"}, [ONE_YEAR, THREE_YEARS], 40, NoteCode.OTHER_TERM),
        ({"term": "P1Y"}, [ONE_YEAR, SQL], 40, NoteCode.OTHER_TERM),
        ({"term": "P1Y"}, [reservation(9, term="")], 9, NoteCode.COMMITMENT_WITHOUT_TERM),
        ({"term": "P1Y"}, [reservation(9, term=""), ONE_YEAR], 40, NoteCode.OTHER_TERM),
        ({"term": "P1Y"}, [reservation(90, term=""), ONE_YEAR], 40, NoteCode.OTHER_TERM),
        ({"path": "reservations"}, [plan(99), ONE_YEAR], 40, NoteCode.OTHER_PATH),
        ({"path": "savings_plans"}, [plan(9), ONE_YEAR, SQL, finding(1)], 30, NoteCode.OTHER_PATH),
        ({"path": "savings_plans"}, [ONE_YEAR], 0, NoteCode.OTHER_PATH),
    ],
)
def test_the_policy_decides(policy: dict[str, Any], rows: Sequence[Recommendation], counted: int, code: NoteCode) -> None:
    savings = count_savings(rows, msgspec.convert(policy, SavingsPolicy))
    assert savings.by_currency[0].counted_amount == Decimal(counted)
    assert code in {note.code for note in savings.notes}


@pytest.mark.parametrize("given", [{"term": "P5Y"}, {"lookback_days": 31}, {"path": "both"}, {"lookback": 7}])
def test_other_policies_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(given, SavingsPolicy)


def test_a_total_in_one_currency_says_what_it_is_made_of_and_what_is_missing() -> None:
    rates = (ExchangeRate(currency="USD", rate=Decimal("0.9155")),)
    display = DisplayCurrency(currency="EUR", rates=rates, as_of=date(2026, 1, 2))
    rows = [finding("10.01"), finding(5, name="b", currency="EUR"), finding(7, name="c", currency="JPY"),
            finding(1, name="d", currency="")]  # fmt: skip
    converted = count_savings(rows, display=display).converted
    assert converted is not None
    assert (converted.currency, converted.counted_amount) == ("EUR", Decimal("14.16"))  # 5 and 9.164155
    assert converted.converted == (("EUR", Decimal(1)), ("USD", Decimal("0.9155")))
    assert (converted.missing, converted.as_of) == (("", "JPY"), date(2026, 1, 2))


def test_without_rates_nothing_is_converted() -> None:
    assert count_savings([finding(5)]).converted is None
