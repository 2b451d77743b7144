"""A headless Chromium for the tests of a module, and pages that may not ask anybody for anything."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from infra.local import places
from tests.browser.reports import write_reports

_AXE = places.REPOSITORY / "infra" / "local" / "node_modules" / "axe-core" / "axe.min.js"
_PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a browser where there is none."""
    if _PROGRAM is not None:
        return
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="Chromium is not installed here; `make test` installs it as root"))


# Not for the session: as long as Playwright runs, its event loop is this thread's, and no other test could run its own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser; without its sandbox only where the tests run as root, which Chromium refuses else."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=_PROGRAM, args=arguments)
        yield started
        started.close()


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """HTML reports of several kinds, by name."""
    return write_reports(tmp_path_factory.mktemp("reports"))


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty tab in which every error and every message to the console fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US", reduced_motion="reduce")
    tab = context.new_page()
    complaints: list[str] = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on(
        "request", lambda request: complaints.append(request.url) if not request.url.startswith(("file:", "data:")) else None
    )
    yield tab
    context.close()
    assert [words for words in complaints if not words.startswith(("file:", "data:"))] == []


def violations(page: Page, *, rules: int = 20) -> list[Any]:
    """Return what axe-core finds wrong with the page as it is, by the rules of WCAG 2.2 AA and its best practices.

    So many rules must have applied: a page that is empty breaks none.
    """
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    found: list[Any] = page.evaluate(
        """async (rules) => {
            const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
            const result = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
            if (result.passes.length < rules) throw new Error(`only ${result.passes.length} rules applied`);
            return result.violations.map((rule) => [rule.id, rule.nodes.length, rule.nodes[0].html.slice(0, 300)]);
        }""",
        rules,
    )
    return found
