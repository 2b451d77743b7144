"""Pages of HTML reports as a browser shows them: on a desk, in the dark, on a telephone."""

import io
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from worker.reports.document import ReportContent
from worker.reports.html import render_html

_HEIGHT = 860
_VIEWS = (
    {"viewport": {"width": 1200, "height": _HEIGHT}, "color_scheme": "light"},
    {"viewport": {"width": 1200, "height": _HEIGHT}, "color_scheme": "dark"},
    {"viewport": {"width": 400, "height": _HEIGHT}, "color_scheme": "light"},
)


def browser_program() -> str | None:
    """Return the Chromium of this machine, ``None`` where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def screens_of(content: ReportContent, folder: Path, program: str, *, scrolled_to: Sequence[str]) -> list[Image.Image]:
    """Return what is seen of the page in each view, each scrolled to the element of its own selector."""
    page_file = folder / "report.html"
    render_html(content, page_file)
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        try:
            return [_screen(browser, page_file, view, selector) for view, selector in zip(_VIEWS, scrolled_to, strict=True)]
        finally:
            browser.close()


def _screen(browser: Browser, page_file: Path, view: Mapping[str, object], selector: str) -> Image.Image:
    # A page that scrolls smoothly would be seen somewhere on its way.
    context = browser.new_context(**view, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(page_file.as_uri())
    page.locator(selector).first.scroll_into_view_if_needed()
    page.evaluate("selector => document.querySelector(selector).scrollIntoView()", selector)
    shot = page.screenshot()
    context.close()
    return Image.open(io.BytesIO(shot)).convert("RGB")


def beside_each_other(screens: Sequence[Image.Image], *, height: int, gap: int = 14) -> Image.Image:
    """Return the screens in a row, each as high as the others."""
    sizes = [(round(screen.width * height / screen.height), height) for screen in screens]
    resized = [screen.resize(size, Image.Resampling.LANCZOS) for screen, size in zip(screens, sizes, strict=True)]
    sheet = Image.new("RGB", (sum(screen.width + gap for screen in resized) + gap, height + 2 * gap), "#c9ced4")
    left = gap
    for screen in resized:
        sheet.paste(screen, (left, gap))
        left += screen.width + gap
    return sheet
