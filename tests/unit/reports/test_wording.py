"""How values are written."""

from datetime import date

import pytest

from shared.language.language import Language
from worker.reports import terms, wording

ENGLISH = Language.of("en")


@pytest.mark.parametrize(
    ("term", "text"), [("P3Y", "3-year term"), ("p1y", "1-year term"), ("P6M", "6-month term"), ("x", "x")]
)
def test_terms_are_put_in_words(term: str, text: str) -> None:
    assert terms.term(term, ENGLISH) == text


@pytest.mark.parametrize(
    ("feature", "day", "text"),
    [
        ("Kubernetes 1.27", date(2028, 9, 8), "Kubernetes 1.27 retires Sep 8, 2028"),
        ("Kubernetes 1.27", None, "Kubernetes 1.27 retires, date not given"),
        ("", date(2028, 9, 8), "retires Sep 8, 2028"),
        ("", None, ""),
    ],
)
def test_what_retires_is_said_with_or_without_its_date(feature: str, day: date | None, text: str) -> None:
    assert terms.retirement(feature, day, ENGLISH) == text


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
