"""Every word of the product is there in every language, with the same values in it."""

import io
import re

import pytest
from babel.messages.catalog import Catalog

from infra.languages.extraction import KEYWORDS, messages
from infra.languages.findings import findings
from infra.languages.python_calls import extract
from infra.languages.writing import TRANSLATED, bytes_of, empty, path_of, read
from shared.language.catalogues import translations_of
from shared.language.tags import LANGUAGES


@pytest.fixture(scope="module")
def template() -> Catalog:
    return messages()


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_is_complete_and_as_the_code_is(language: str, template: Catalog) -> None:
    catalogue = read(language)
    catalogue.update(template, no_fuzzy_matching=True, update_header_comment=False)
    assert list(findings(catalogue)) == []
    assert bytes_of(catalogue) == path_of(language).read_bytes(), "run `make languages`"


def test_every_language_has_a_catalogue() -> None:
    assert {path.stem for path in path_of("de").parent.glob("*.po")} == set(LANGUAGES) - {"en"}


def test_messages_are_found_wherever_they_are_looked_up() -> None:
    code = """
# Translators: of a month
a = language.pgettext("calendar", "May")
b = f"{language.gettext('in an f-string')}"
c = language.gettext("outer {value}", value=language.gettext("inner"))
d = marked_plural("{number} row", "{number} rows"), marked("a constant")
e = language.gettext(variable), other.get("nothing")
"""
    found = [
        (name, texts, comments)
        for _, name, texts, comments in extract(io.BytesIO(code.encode()), KEYWORDS, ["Translators:"], {})
    ]
    assert sorted(str(texts) for _, texts, _ in found) == [
        "('calendar', 'May')", "('{number} row', '{number} rows')", "a constant", "in an f-string", "inner", "outer {value}",
    ]  # fmt: skip
    assert ("pgettext", ("calendar", "May"), ["Translators: of a month"]) in found


def _message(**fields: object) -> Catalog:
    catalogue = empty("fr")
    catalogue.add(**fields)  # type: ignore[arg-type]
    return catalogue


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"id": "One"}, "no translation"),
        ({"id": "One", "string": "Un", "flags": ["fuzzy"]}, "marked as fuzzy"),
        ({"id": "{a} of {b}", "string": "{a} de {c}"}, "placeholders"),
        ({"id": "{a}", "string": "{a} {"}, "placeholders"),
        ({"id": ("{number} row", "{number} rows"), "string": ("", "")}, "no translation"),
        (
            {"id": ("{number} row", "{number} rows"), "string": ("{number} ligne",)},
            "no translation|1 plural forms instead of 2",
        ),
        ({"id": ("{number} row", "{number} rows"), "string": ("une ligne", "{nombre} lignes")}, "placeholders"),
        ({"id": "to ", "string": "à"}, "spaces at its ends differ"),
    ],
)
def test_a_faulty_translation_is_found(fields: dict[str, object], fault: str) -> None:
    assert [re.search(fault, finding) is not None for finding in findings(_message(**fields))] == [True]


def test_a_sound_translation_is_no_fault() -> None:
    fields: dict[str, object] = {"id": ("{number} row", "{number} rows"), "string": ("une ligne", "{number} lignes")}
    assert list(findings(_message(**fields))) == []


@pytest.mark.parametrize(
    ("language", "of_zero"), [("de", 1), ("fr", 0), ("pt", 0), ("es", 1), ("it", 1), ("nl", 1), ("ja", 0)]
)
def test_zero_takes_the_form_that_the_language_gives_it(language: str, of_zero: int) -> None:
    translations = translations_of(language)
    plural = translations.plural  # type: ignore[attr-defined]
    assert (plural(0), plural(1)) == (of_zero, 0)
    assert plural(2) == (0 if language == "ja" else 1)
