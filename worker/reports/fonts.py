"""Find the fonts that reports are set in: a family of the branding's choice, and Noto's companions for other scripts.

``fonts.json`` beside this file lists the packages and files that a complete fonts folder is made of.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from shared.branding.branding import FontFamily
from shared.language.tags import words_of
from worker.reports.errors import FontsMissingError

PROJECT_ROOT = Path(__file__).resolve().parents[2]

# Where Debian's fonts-noto-core and fonts-noto-cjk put them, as in the worker's container image.
SYSTEM_FONTS_DIRS = (Path("/usr/share/fonts/truetype/noto"), Path("/usr/share/fonts/opentype/noto"))

# In this order a character's font is looked for. Debian's CJK families carry other names than the web fonts' do.
_NOTO_SANS = "Noto Sans"
_JAPANESE = ("Noto Sans JP", "Noto Sans CJK JP")
_CHINESE = ("Noto Sans SC", "Noto Sans CJK SC")
_KOREAN = ("Noto Sans KR", "Noto Sans CJK KR")
_BEFORE_CJK = ("Noto Sans Arabic", "Noto Sans Hebrew")
_AFTER_CJK = ("Noto Sans Thai", "Noto Sans Devanagari", "Noto Sans Math", "Noto Sans Symbols 2")

_TEXT_FONT_NAMES = ("NotoSans_400Regular.ttf", "NotoSans-Regular.ttf")


def font_families(font: FontFamily, language: str) -> tuple[str, ...]:
    """Return the families that a report in ``language`` (a tag) is set in, the first that has a character sets it.

    Chinese and Japanese share characters that are drawn differently: each language's own font comes first in its reports.
    """
    cjk = (_JAPANESE, _CHINESE, _KOREAN) if words_of(language) == "ja" else (_CHINESE, _JAPANESE, _KOREAN)
    names = (font.value, _NOTO_SANS, *_BEFORE_CJK, *(name for names in cjk for name in names), *_AFTER_CJK)
    return tuple(dict.fromkeys(names))


def chart_font(font: FontFamily, language: str) -> str:
    """Return the family of the words in charts: an SVG image looks for characters that its family lacks in any font."""
    return _JAPANESE[0] if words_of(language) == "ja" else font.value


def default_fonts_dirs() -> tuple[Path, ...]:
    """Return the folders to take fonts from: ``FONTS_DIR``, else the project's own, else the system's.

    A folder of our own is complete, so the system's are then left out: fewer files to open, and the same report everywhere.
    """
    named = os.environ.get("FONTS_DIR")
    for own in ([Path(named)] if named else []) + [PROJECT_ROOT / ".local" / "fonts"]:
        if _has_text_font(own):
            return (own,)
    return tuple(folder for folder in SYSTEM_FONTS_DIRS if folder.is_dir())


def require_fonts(fonts_dirs: Sequence[Path] | None) -> tuple[Path, ...]:
    """Return the folders given, or the default ones; raise :class:`FontsMissingError` where none holds Noto Sans."""
    folders = tuple(fonts_dirs) if fonts_dirs is not None else default_fonts_dirs()
    if not any(_has_text_font(folder) for folder in folders):
        raise FontsMissingError(
            f"The fonts for PDF reports are missing: no Noto Sans in {_listed(folders)}.",
            next_step=(
                "Install them with `make install` (or the Debian packages fonts-noto-core and fonts-noto-cjk), "
                "or set FONTS_DIR to a folder that holds the Noto Sans TTF files."
            ),
        )
    return folders


def _has_text_font(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _TEXT_FONT_NAMES)


def _listed(folders: Iterable[Path]) -> str:
    return ", ".join(str(folder) for folder in folders) or "any of the known folders"
