"""How values are written."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from worker.reports import wording


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("5332", "USD", "USD 5,332"),
        ("5332.1", "EUR", "EUR 5,332.10"),
        ("0.005", "USD", "USD 0"),
        ("-12.5", "USD", "USD -12.50"),
        ("1E+6", "JPY", "JPY 1,000,000"),
        ("7", "", "7 (no currency named)"),
    ],
)
def test_amounts_carry_their_currency(amount: str, currency: str, text: str) -> None:
    assert wording.amount_text(Decimal(amount), currency) == text


def test_headlines_are_rounded_but_small_amounts_are_not_rounded_away() -> None:
    assert wording.headline_amount(Decimal("79819.25"), "USD") == "USD 79,819"
    assert wording.headline_amount(Decimal("0.25"), "USD") == "USD 0.25"


def test_amounts_of_several_currencies_stand_side_by_side() -> None:
    assert wording.amounts_text({"USD": Decimal(1), "EUR": Decimal(2)}) == "EUR 2 and USD 1"


def test_dates_and_moments_are_written_without_a_locale() -> None:
    moment = datetime(2025, 2, 1, 14, 38, tzinfo=UTC)

    assert wording.moment_text(moment) == "1 February 2025, 14:38 UTC"
    assert wording.short_date(date(2025, 2, 1)) == "2025-02-01"
    assert wording.date_text(None) == wording.moment_text(None) == wording.short_date(None) == ""


@pytest.mark.parametrize(
    ("term", "text"), [("P3Y", "3-year term"), ("p1y", "1-year term"), ("P6M", "6-month term"), ("x", "x")]
)
def test_terms_are_put_in_words(term: str, text: str) -> None:
    assert wording.term_text(term) == text


@pytest.mark.parametrize(
    ("feature", "day", "text"),
    [
        ("Kubernetes 1.27", date(2028, 9, 8), "Kubernetes 1.27 retires 2028-09-08"),
        ("Kubernetes 1.27", None, "Kubernetes 1.27 retires, date not given"),
        ("", date(2028, 9, 8), "retires 2028-09-08"),
        ("", None, ""),
    ],
)
def test_what_retires_is_said_with_or_without_its_date(feature: str, day: date | None, text: str) -> None:
    assert wording.retirement_text(feature, day) == text


def test_only_resource_ids_lead_to_the_portal_and_their_characters_are_escaped() -> None:
    assert wording.portal_url('/subscriptions/1/x y"<') == "https://portal.azure.com/#resource/subscriptions/1/x%20y%22%3C"
    assert wording.portal_url("javascript:alert(1)") == ""
    assert wording.portal_url("") == ""
    assert wording.portal_url("/subscriptions/\ud800") == "https://portal.azure.com/#resource/subscriptions/%EF%BF%BD"


def test_counts_have_their_noun_in_the_right_number() -> None:
    assert wording.count_of(1, "category", "categories") == "1 category"
    assert wording.count_of(2310, "row") == "2,310 rows"


def test_no_name_turns_the_direction_of_what_is_printed_after_it() -> None:
    assert wording.clean_text("\u202egnp.exe\u2066 \u200fمرحبا") == "gnp.exe \u200fمرحبا"


def test_long_texts_are_cut_with_an_ellipsis() -> None:
    assert wording.shortened("abcdef", 4) == "abc…"
    assert wording.shortened("abcd", 4) == "abcd"
