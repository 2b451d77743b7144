"""HTML reports break no rule of WCAG 2.2 AA that a machine can check, however they are looked at."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import violations


@pytest.mark.parametrize("name", ["none", "few", "branded", "executive"])
@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_no_rule_is_broken_in_light_in_the_dark_and_on_paper(
    page: Page, reports: dict[str, Path], name: str, scheme: str
) -> None:
    page.emulate_media(media="print") if scheme == "print" else page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(reports[name].as_uri())
    assert violations(page) == []


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("name", ["few", "branded"])
def test_at_320_pixels_nothing_is_cut_off_and_nobody_scrolls_sideways(
    page: Page, reports: dict[str, Path], name: str, direction: str
) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(reports[name].as_uri())
    page.evaluate("direction => document.documentElement.dir = direction", direction)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    # Tables are cards and charts are drawn for this width: not even a box of its own has to be scrolled.
    wider = page.evaluate(
        """() => [...document.querySelectorAll("main *:not(option)")]
            .filter((box) => box.checkVisibility() && (box.scrollWidth > box.clientWidth + 1 && box.clientWidth > 1
                ? getComputedStyle(box).overflowX !== "visible" : box.getBoundingClientRect().right > 321))
            .map((box) => box.outerHTML.slice(0, 120))"""
    )
    assert wider == []
    assert page.locator("svg.small:visible").count() == page.locator("figure").count() > 5
    assert violations(page) == []


def test_text_twice_as_large_still_fits(page: Page, reports: dict[str, Path]) -> None:
    page.goto(reports["few"].as_uri())
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_keyboard_reaches_everything_in_the_order_of_the_page_and_focus_is_never_hidden(
    page: Page, reports: dict[str, Path]
) -> None:
    page.goto(reports["few"].as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "report"
    page.locator("[name=text]").focus()
    hidden, tops = [], []
    for _ in range(25):
        page.keyboard.press("Tab")
        text, top, seen = page.evaluate(
            """() => {
                const focused = document.activeElement, box = focused.getBoundingClientRect();
                const seen = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
                return [focused.textContent.trim().slice(0, 40), box.top + scrollY, focused.contains(seen)];
            }"""
        )
        tops.append(top)
        if not seen:
            hidden.append(text)
    assert hidden == []
    assert tops[6:] == sorted(tops[6:])
