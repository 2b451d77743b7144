"""Amounts are read as written, or not at all."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.advisor.amounts import (
    NumberStyle,
    StyleEvidence,
    UnreadableAmountError,
    parse_amount,
    parse_invariant_amount,
)

POINT, COMMA, THOUSANDS = NumberStyle.DECIMAL_POINT, NumberStyle.DECIMAL_COMMA, NumberStyle.THOUSANDS_COMMA


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("0", "0", ""),
        ("817", "817", ""),
        ("1,234,567", "1234567", ""),
        ("1.234.567", "1234567", ""),
        ("5,332.10", "5332.10", ""),
        ("5.332,10", "5332.10", ""),
        ("5 332", "5332", ""),
        ("5\u00a0332,5", "5332.5", ""),
        ("5\u202f332", "5332", ""),
        ("1'234", "1234", ""),
        ("1’234.50", "1234.50", ""),
        ("12,50", "12.50", ""),
        ("0,123", "0.123", ""),
        ("1234.567", "1234.567", ""),
        ("1,23,456.78", "123456.78", ""),
        ("12,34,567", "1234567", ""),
        ("$5,332.10", "5332.10", "$"),
        ("€ 5.332,10", "5332.10", "EUR"),
        ("5.332,10 €", "5332.10", "EUR"),
        ("USD 1,234.50", "1234.50", "USD"),
        ("1,234.50 usd", "1234.50", "USD"),
        ("CHF 1'234", "1234", "CHF"),
        ("R$ 10", "10", "BRL"),
        ("-5", "-5", ""),
        ("−5", "-5", ""),
        ("-$5", "-5", "$"),
        ("$-5", "-5", "$"),
        ("5-", "-5", ""),
        ("(1,234.50) ", "-1234.50", ""),
        ("  7 ", "7", ""),
    ],
)
def test_unambiguous_amounts_are_read_without_help(text: str, value: str, currency: str) -> None:
    assert parse_amount(text) == (Decimal(value), currency)


@pytest.mark.parametrize(
    ("text", "style", "value"),
    [
        ("5,332", POINT, "5332"),
        ("5,332", THOUSANDS, "5332"),
        ("5,332", COMMA, "5.332"),
        ("5.332", POINT, "5.332"),
        ("5.332", COMMA, "5332"),
    ],
)
def test_the_style_of_the_file_decides_what_the_text_does_not(text: str, style: NumberStyle, value: str) -> None:
    assert parse_amount(text, style).value == Decimal(value)


@pytest.mark.parametrize(
    ("text", "style"), [("5,332", NumberStyle.UNKNOWN), ("5.332", NumberStyle.UNKNOWN), ("5.332", THOUSANDS)]
)
def test_an_ambiguous_amount_is_not_guessed(text: str, style: NumberStyle) -> None:
    with pytest.raises(UnreadableAmountError) as caught:
        parse_amount(text, style)
    assert caught.value.code == "amount_ambiguous"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NaN",
        "inf",
        "1e5",
        "1,2,3",
        "12,3456,7",
        "1 23",
        "$ 5 USD",
        "5 apples",
        "--5",
        "(-5)",
        "5..0",
        ".5",
        "5.",
        "1/2",
        "٥",
        "5\n6x",
    ],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(UnreadableAmountError) as caught:
        parse_amount(text)
    assert caught.value.code == "amount_unreadable"


@pytest.mark.parametrize("text", ["1" * 16, "0." + "1" * 11])
def test_amounts_beyond_any_money_are_refused(text: str) -> None:
    with pytest.raises(UnreadableAmountError) as caught:
        parse_amount(text)
    assert caught.value.code == "amount_too_long"


@pytest.mark.parametrize(
    ("amounts", "style"),
    [
        (["5,332", "12.5"], POINT),
        (["5,332", "1.234,5"], COMMA),
        (["5.332", "1.234.567"], COMMA),
        (["12.5", "12,5", "5,332"], NumberStyle.UNKNOWN),
        (["817", "5,332", "nonsense"], THOUSANDS),
    ],
)
def test_a_file_shows_its_style_or_falls_back(amounts: list[str], style: NumberStyle) -> None:
    evidence = StyleEvidence()
    for amount in amounts:
        evidence.add(amount)
    assert evidence.style(THOUSANDS) is style


@pytest.mark.parametrize(("text", "value"), [("817", "817"), (" 0.097 ", "0.097"), ("-3.5", "-3.5")])
def test_amounts_of_the_api_are_read(text: str, value: str) -> None:
    assert parse_invariant_amount(text) == Decimal(value)


@pytest.mark.parametrize("text", ["5,332", "1e3", "NaN", "$5", "", "1" * 20])
def test_amounts_that_the_api_never_writes_are_refused(text: str) -> None:
    with pytest.raises(UnreadableAmountError):
        parse_invariant_amount(text)


@given(st.decimals(0, 10**12, allow_nan=False, places=2), st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", ".")]))
def test_an_amount_written_in_any_style_comes_back(value: Decimal, signs: tuple[str, str]) -> None:
    group, point = signs
    text = f"{value:,.2f}".translate({ord(","): group, ord("."): point})
    assert parse_amount(text).value == value


@given(st.text(max_size=30))
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    with suppress(UnreadableAmountError):
        assert parse_amount(text).value.is_finite()
