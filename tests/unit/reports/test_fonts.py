"""Every script a report may hold has a font, and Japanese its own."""

import pytest

from shared.branding.branding import FontFamily
from worker.reports.fonts import default_fonts_dirs, font_families


@pytest.mark.parametrize("font", FontFamily)
def test_the_chosen_family_comes_first_and_noto_stands_behind_it(font: FontFamily) -> None:
    families = font_families(font, "de-AT")
    assert families[0] == font.value
    assert "Noto Sans" in families
    assert len(families) == len(set(families))


def test_japanese_reports_take_japanese_characters_and_others_chinese_ones() -> None:
    assert _order(font_families(FontFamily.NOTO_SANS, "ja")) == ["Noto Sans JP", "Noto Sans SC"]
    assert _order(font_families(FontFamily.NOTO_SANS, "en")) == ["Noto Sans SC", "Noto Sans JP"]


def _order(families: tuple[str, ...]) -> list[str]:
    return [family for family in families if family in {"Noto Sans JP", "Noto Sans SC"}]


@pytest.mark.parametrize("font", FontFamily)
def test_every_family_to_choose_from_is_bundled_in_three_weights(font: FontFamily) -> None:
    stem = font.value.replace(" ", "")
    (folder,) = default_fonts_dirs()
    assert len(list(folder.glob(f"{stem}_[467]00*.ttf"))) == 3
