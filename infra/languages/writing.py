"""Read and write catalogues so that the same words always make the same file."""

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from shared.language.catalogues import LOCALE_DIR
from shared.language.tags import LANGUAGES, SOURCE_LANGUAGE

# What says when and by what a file was written would differ each time, and tells nobody anything.
_LEFT_OUT = (
    b'"Report-Msgid-Bugs-To:',
    b'"POT-Creation-Date:',
    b'"PO-Revision-Date:',
    b'"Generated-By:',
    b'"Last-Translator:',
    b'"Language-Team:',
)
# Zero takes the singular in Brazil and France. CLDR has a form for millions in some languages; it is for numbers in words.
_PLURALS = {
    "fr": "nplurals=2; plural=(n > 1);",
    "pt": "nplurals=2; plural=(n > 1);",
    "ja": "nplurals=1; plural=0;",
}
_USUAL_PLURAL = "nplurals=2; plural=(n != 1);"
_EMPTY = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plural}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"""

TRANSLATED = tuple(language for language in LANGUAGES if language != SOURCE_LANGUAGE)


def path_of(language: str) -> Path:
    """Return where the catalogue of a language is kept."""
    return LOCALE_DIR / f"{language}.po"


def read(language: str) -> Catalog:
    """Return the catalogue of a language, an empty one where there is none yet."""
    path = path_of(language)
    if path.is_file():
        return read_po(io.BytesIO(path.read_bytes()), locale=language)
    return empty(language)


def empty(language: str) -> Catalog:
    """Return a catalogue without messages that knows the plural forms of its language."""
    header = _EMPTY.format(language=language, plural=_PLURALS.get(language, _USUAL_PLURAL))
    return read_po(io.BytesIO(header.encode()), locale=language)


def bytes_of(catalogue: Catalog) -> bytes:
    """Return the file of a catalogue: sorted, without places and dates, so that it changes only with its words."""
    catalogue.header_comment = (
        f"# Words of Azure Advisor Reports: {catalogue.locale.english_name}." if catalogue.locale else "#"
    )
    catalogue.project, catalogue.version = "Azure Advisor Reports", "1"
    catalogue.fuzzy = False
    written = io.BytesIO()
    write_po(written, catalogue, width=100, sort_output=True, ignore_obsolete=True, no_location=True)
    lines = [line for line in written.getvalue().splitlines(keepends=True) if not line.startswith(_LEFT_OUT)]
    return b"".join(lines)
