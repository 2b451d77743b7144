"""The comfort of HTML reports: search, filters and sorting, and what they say; and that the page is whole without it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.reports import FEW, MANY


@pytest.fixture
def many(page: Page, reports: dict[str, Path]) -> Page:
    """A page of a thousand recommendations."""
    page.goto(reports["many"].as_uri())
    return page


def choice(page: Page, name: str) -> Locator:
    return page.get_by_role("search").locator(f"select[name={name}]")


def shown(page: Page) -> int:
    return page.locator(".resources tbody tr:visible").count()


def test_filters_narrow_the_list_together_and_the_count_is_announced(many: Page) -> None:
    count = many.get_by_role("status")
    expect(count).to_have_text("1,000 of 1,000 shown")

    choice(many, "category").select_option("Security")
    choice(many, "impact").select_option("High")
    expect(count).not_to_have_text("1,000 of 1,000 shown")
    of_category = shown(many)
    choice(many, "subscription").select_option("Contoso Staging")
    many.get_by_role("searchbox", name="Search").fill("KEY VAULT")
    # Typing is waited for by the page, so the list is narrowed a moment later.
    rows = many.locator(".resources tbody tr:visible")
    expect(rows.filter(has_not_text="Contoso Staging")).to_have_count(0)
    expect(many.locator(".group:visible").filter(has_not_text=re.compile("key vault", re.IGNORECASE))).to_have_count(0)
    expect(count).to_have_text(f"{shown(many):,} of 1,000 shown")

    assert 0 < shown(many) < of_category < MANY
    assert all("Contoso Staging" in text for text in rows.all_inner_texts())
    assert many.locator(".category:visible").count() == 1

    many.get_by_role("button", name="Clear filters").click()
    expect(count).to_have_text("1,000 of 1,000 shown")
    assert shown(many) == MANY
    expect(many.get_by_role("searchbox", name="Search")).to_be_focused()


def test_a_search_without_a_match_says_so(many: Page) -> None:
    many.get_by_role("searchbox", name="Search").fill("no such thing")
    expect(many.get_by_role("status")).to_have_text("0 of 1,000 shown")
    expect(many.get_by_text("No recommendation matches these filters.")).to_be_visible()
    assert shown(many) == 0


def test_columns_sort_both_ways_and_say_which_what_has_no_value_comes_last(many: Page) -> None:
    group = many.locator(".group", has=many.get_by_role("heading", name="Delete public IP addresses")).first
    button = group.get_by_role("button", name="Savings a year")

    def amounts() -> list[float | None]:
        texts = group.locator("td.a").all_inner_texts()
        return [float(found[1].replace(",", "")) if (found := re.search(r"([\d,.]+)", text)) else None for text in texts]

    for direction, backwards in (("ascending", False), ("descending", True)):
        button.click()
        expect(group.locator("th.num").first).to_have_attribute("aria-sort", direction)
        numbers = [amount for amount in amounts() if amount is not None]
        assert numbers == sorted(numbers, reverse=backwards)
        assert None in amounts()
        assert amounts()[: len(numbers)] == numbers


def test_one_choice_sorts_every_list(many: Page) -> None:
    before = many.locator(".resources").first.locator("tbody tr").all_inner_texts()
    choice(many, "sort").select_option("name")
    for table in many.locator(".resources").all()[:5]:
        names = table.locator("tbody td:first-child > :is(a, b):first-child").all_inner_texts()
        assert names == sorted(names, key=str.lower)
    choice(many, "sort").select_option("")
    assert many.locator(".resources").first.locator("tbody tr").all_inner_texts() == before


def test_without_script_everything_is_there_and_nothing_promises_more(browser: Browser, reports: dict[str, Path]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(reports["few"].as_uri())
    assert page.locator(".resources tbody tr").count() == FEW
    expect(page.get_by_role("search")).to_be_hidden()
    assert page.get_by_role("button").count() == 0
    context.close()


def test_it_prints_what_is_filtered_for_on_numbered_sheets(many: Page, tmp_path: Path) -> None:
    from pypdf import PdfReader

    choice(many, "category").select_option("Performance")
    choice(many, "impact").select_option("Medium")
    expect(many.get_by_role("status")).not_to_have_text("1,000 of 1,000 shown")
    number = shown(many)
    many.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    sheets = [sheet.extract_text() for sheet in PdfReader(tmp_path / "page.pdf").pages]
    text = "\n".join(sheets)
    continued = [sheet for sheet in sheets if sheet.lstrip().startswith(("plan-", "Resource"))]
    assert continued
    assert all("Updated" in sheet for sheet in continued), "a table's header stands on each of its sheets"
    assert f"{number} of 1,000 shown" in text
    assert "Clear filters" not in text
    assert text.count("plan-") == number
