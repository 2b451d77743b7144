"""Every word of the product is there in every language, with the same values in it."""

import ast
import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog

from infra.languages.extraction import ROOT, messages
from infra.languages.findings import findings
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


def test_every_message_that_the_code_looks_up_is_found(template: Catalog) -> None:
    found = {(message.context, message.id if isinstance(message.id, str) else message.id[0]) for message in template}
    asked = set()
    for folder in ("shared", "worker"):
        for path in (ROOT / folder).rglob("*.py"):
            asked |= set(_asked_in(ast.parse(path.read_text(encoding="utf-8"))))
    # Extraction reads tokens, and to it an f-string is one: a message inside of one would be printed in English.
    assert asked - found == set()


def _asked_in(tree: ast.AST) -> Iterator[tuple[str | None, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
        if name in {"gettext", "ngettext", "marked", "marked_plural"} and texts:
            yield None, str(texts[0])
        if name in {"pgettext", "npgettext"} and len(texts) > 1:
            yield str(texts[0]), str(texts[1])


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
