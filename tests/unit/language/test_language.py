"""Words, numbers, amounts and dates are written as the readers of a language write them."""

import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from babel.core import Locale
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_symbol
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.language.catalogues import translations_from
from shared.language.language import Language
from shared.language.tags import LANGUAGES, UnknownLanguageError, resolve

MOMENT = datetime(2025, 2, 2, 14, 38, tzinfo=UTC)
# Not de-CH: Babel itself takes that locale's apostrophe for a quotation mark and drops it.
TAGS = st.sampled_from([*LANGUAGES, "en-GB", "de-AT", "pt-PT", "fr-CA", "es-MX"])
AMOUNTS = st.decimals(-(10**12), 10**12, places=3).map(lambda amount: amount + 0)  # no -0


@pytest.mark.parametrize(
    ("given_as", "tag"), [("de", "de"), ("DE", "de"), ("de-at", "de-AT"), ("pt_BR", "pt-BR"), ("ja-Jpan-JP", "ja-JP")]
)
def test_a_tag_is_understood_in_any_of_its_forms(given_as: str, tag: str) -> None:
    assert resolve(given_as) == tag


@pytest.mark.parametrize("given_as", ["", "xx", "klingon", "de-", "../de", "de\x00", "e" * 1000])
def test_an_unknown_language_names_those_there_are(given_as: str) -> None:
    with pytest.raises(UnknownLanguageError) as caught:
        Language.of(given_as)
    assert "de (Deutsch)" in caught.value.next_step
    assert len(caught.value.message) < 120


def test_a_region_decides_the_formats_and_its_language_the_words() -> None:
    assert Language.of("de-CH").number(1234567) == "1'234'567"
    assert Language.of("de").number(1234567) == "1.234.567"
    assert Language.of("de-CH").joined(["a", "b"]) == "a und b"
    assert Language.of("de-QQ").number(1234567) == "1.234.567"


@settings(max_examples=60)
@given(tag=TAGS, amount=AMOUNTS)
def test_numbers_and_shares_are_those_of_babel(tag: str, amount: Decimal) -> None:
    language, locale = Language.of(tag), Locale.parse(tag, sep="-")
    assert language.number(int(amount)) == format_decimal(int(amount), locale=locale)
    assert language.number(amount, 3) == format_decimal(amount, "#,##0.000", locale=locale)
    share = abs(amount) % 98 // 1
    assert language.percent(share, 100) == format_percent(share / 100, locale=locale)


@settings(max_examples=60)
@given(tag=TAGS, amount=AMOUNTS.filter(lambda amount: round(amount, 2) % 1 != 0))
def test_amounts_are_those_of_babel_with_the_code_for_the_sign(tag: str, amount: Decimal) -> None:
    locale = Locale.parse(tag, sep="-")
    expected = format_currency(amount, "USD", locale=locale).replace(get_currency_symbol("USD", locale), "USD")
    written = Language.of(tag).money(amount, "USD")
    assert written.replace("\u00a0", "") == expected.replace("\u00a0", "")
    assert "USD\u00a0" in written or "\u00a0USD" in written


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("5332", "USD", "USD 5,332"),
        ("5332.5", "USD", "USD 5,332.50"),
        ("-12.5", "EUR", "-EUR 12.50"),
        ("1234.6", "JPY", "JPY 1,235"),
        ("0.125", "KWD", "KWD 0.125"),
        ("5", "", "5 (no currency named)"),
        ("-0.001", "USD", "USD 0"),
    ],
)
def test_an_amount_has_the_digits_of_its_currency(amount: str, currency: str, written: str) -> None:
    assert Language.of("en").money(Decimal(amount), currency).replace("\u00a0", " ") == written


def test_amounts_of_several_currencies_stand_side_by_side() -> None:
    amounts = {"USD": Decimal(5), "EUR": Decimal("7.5")}
    assert Language.of("de").moneys(amounts).replace("\u00a0", " ") == "7,50 EUR und 5 USD"


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [(0, 0, "0%"), (1, 1000, "less than 1%"), (999, 1000, "over 99%"), (31, 100, "31%"), (7, 7, "100%")],
)
def test_a_share_is_never_rounded_to_nothing_or_to_all(part: int, whole: int, words: str) -> None:
    assert Language.of("en").percent(part, whole) == words


@pytest.mark.parametrize(
    ("tag", "words", "short"),
    [
        ("en", "February 2, 2025, 2:38 PM UTC", "Feb 2, 2025"),
        ("en-GB", "2 February 2025, 14:38 UTC", "2 Feb 2025"),
        ("de", "2. Februar 2025, 14:38 UTC", "02.02.2025"),
        ("pt", "2 de fevereiro de 2025 14:38 UTC", "02/02/2025"),
        ("ja", "2025年2月2日 14:38 UTC", "2025/02/02"),
    ],
)
def test_dates_are_those_of_the_language(tag: str, words: str, short: str) -> None:
    language = Language.of(tag)
    assert language.moment(MOMENT).replace("\u202f", " ") == words
    assert language.short_date(MOMENT.date()) == short
    assert (language.moment(None), language.date(None), language.short_date(None)) == ("", "", "")


def test_a_moment_names_the_zone_it_is_told_in() -> None:
    assert Language.of("de").moment(MOMENT, ZoneInfo("Europe/Berlin")) == "2. Februar 2025, 15:38 MEZ"
    assert Language.of("de").date(date(2025, 3, 1)) == "1. März 2025"


def test_the_form_of_a_message_follows_the_number() -> None:
    po = (
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n'
    )
    po += 'msgid "{number} row of {file}"\nmsgid_plural "{number} rows of {file}"\n'
    po += 'msgstr[0] "{file} : {number} ligne"\nmsgstr[1] "{file} : {number} lignes"\n'
    language = Language("fr", translations_from(po.encode()))
    for number, words in ((0, "a : 0 ligne"), (1, "a : 1 ligne"), (1500, "a : 1\u202f500 lignes")):
        assert language.ngettext("{number} row of {file}", "{number} rows of {file}", number, file="a") == words
    assert Language.of("en").ngettext("{number} row", "{number} rows", 0) == "0 rows"


def test_sentences_follow_each_other_as_the_language_has_it() -> None:
    assert Language.of("de").sentences(["Eins.", "", "Zwei."]) == "Eins. Zwei."
    assert Language.of("ja").sentences(["一。", "二。"]) == "一。二。"


def test_words_with_braces_stay_as_they_are_where_they_are_values() -> None:
    assert Language.of("en").gettext("{name} is new.", name="{0} {x.__class__}") == "{0} {x.__class__} is new."


def test_every_language_there_is_runs_from_left_to_right() -> None:
    assert {Language.of(tag).direction for tag in LANGUAGES} == {"ltr"}


def test_the_front_starts_without_loading_what_formats_numbers() -> None:
    code = "import sys, shared.language.tags, function_app.asgi; sys.exit('babel' in sys.modules or 'lxml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
