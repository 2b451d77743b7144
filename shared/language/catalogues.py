"""Catalogues of translated words: the ``.po`` files beside this module, read as they are at first use.

No build step turns them into ``.mo`` files, so none can be forgotten: what is in the repository is what is printed.
"""

import gettext
import io
from functools import cache
from pathlib import Path

LOCALE_DIR = Path(__file__).with_name("locale")


@cache
def translations_of(language: str) -> gettext.NullTranslations:
    """Return the words of ``language`` (``de``), none for the language that the words are written in."""
    path = LOCALE_DIR / f"{language}.po"
    return translations_from(path.read_bytes()) if path.is_file() else gettext.NullTranslations()


def translations_from(po: bytes) -> gettext.NullTranslations:
    """Return the words of a ``.po`` file; those marked as fuzzy are left out."""
    from babel.messages.mofile import write_mo  # noqa: PLC0415  (only where a catalogue is read)
    from babel.messages.pofile import read_po  # noqa: PLC0415

    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(po)))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
