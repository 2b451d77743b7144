"""Places where long names may break, so that they stay in their column."""

import re
from collections.abc import Callable

from worker.reports.wording import isolated

MAX_UNBROKEN_CHARS = 25
"""A longer run without a place to break could run over the edge of its column."""

# Typst breaks lines at spaces, between CJK characters, and after a hyphen or slash that no digit follows (UAX 14, LB25).
_LONG_RUN = re.compile(r"(?:[^\s/\-\u200b\u1100-\u11ff\u2e80-\ud7ff\uf900-\ufaff\uff00-\uffef]|[/\-](?=\d)){26,}")
_BREAK_AFTER = re.compile(r"(?<=[/\-])(?=\d)|(?<=[_.:,;=&?#@])(?=\w)|(?<=[a-z])(?=[A-Z])")
_KATAKANA = re.compile(r"[\u30a1-\u30fa\u30fc]{2,12}")
_ZERO_WIDTH_SPACE = "\u200b"
# Spanish and Portuguese repeat a hyphen on the line after, and Typst does so for them: of a name it would make another one.
_REPEATING_HYPHENS = frozenset({"es", "pt"})
_HYPHEN = re.compile(r"(?<=\w)-(?=[^\W\d])")
_MAX_UNBROKEN_NAME = 28


def breakable(text: str) -> str:
    """Return ``text`` with invisible places to break in runs of more than :data:`MAX_UNBROKEN_CHARS` characters.

    Shorter runs stay as they are, because copied text carries the marks with it. So do texts that run from left to right;
    others are marked as a unit of their own direction.
    """
    return isolated(_LONG_RUN.sub(_broken, text))


def breaker_of_names(language: str) -> Callable[[str], str]:
    """Return what makes names and texts from Azure breakable in a document of this language.

    That is :func:`breakable`; where the language repeats hyphens, the texts that may be broken have another place to break
    behind each of theirs.
    """
    if language.partition("-")[0] not in _REPEATING_HYPHENS:
        return breakable
    return lambda text: breakable(_HYPHEN.sub(f"-{_ZERO_WIDTH_SPACE}", text) if len(text) > _MAX_UNBROKEN_NAME else text)


def unbroken_words(text: str) -> str:
    """Return a title in which no word of Katakana is broken, as a line may otherwise be between any two characters."""
    return _KATAKANA.sub(lambda word: "\u2060".join(word[0]), text)


def _broken(match: re.Match[str]) -> str:
    pieces: list[str] = []
    for piece in _BREAK_AFTER.split(match[0]):
        pieces.extend(piece[start : start + 20] for start in range(0, len(piece), 20))
    return _ZERO_WIDTH_SPACE.join(pieces)
