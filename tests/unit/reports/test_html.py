"""HTML reports, read as a browser would read them."""

import base64
import hashlib
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from shared.advisor.recommendation import Recommendation
from shared.branding.branding import Branding, FontFamily, Logo
from shared.reports import ReportType
from tests.unit.reports import samples
from worker.reports.content import build_content
from worker.reports.html import render_html

EVIL = "</td><script>alert('x')</script><img src=x onerror=alert(1)>\"'&"


class Page(HTMLParser):
    """Collects the elements, the text and the attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in {"meta", "input", "br", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def rendered(rows: Sequence[Recommendation], folder: Path, client: str = "Contoso Ltd", **facts: object) -> str:
    changed = msgspec.structs.replace(samples.facts(client), **facts)
    content = build_content(rows, samples.REJECTED, changed)
    render_html(content, folder / "report.html")
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("count", [0, 1, 200])
def test_the_page_is_well_formed_and_names_every_resource(count: int, tmp_path: Path) -> None:
    rows = samples.recommendations(count)
    page = Page(rendered(rows, tmp_path))

    assert page.open == []
    assert all(row.resource_name in page.text for row in rows if row.resource_type != "Subscription")


def test_no_text_of_the_data_becomes_markup(tmp_path: Path) -> None:
    row = samples.recommendation(
        resource_name=EVIL, problem=EVIL, solution=f"{EVIL}!", resource_group=EVIL, resource_type=EVIL, sku=EVIL,
        subscription_name=EVIL, potential_benefits=EVIL, resource_id=f"/subscriptions/{EVIL}",
    )  # fmt: skip
    page = Page(rendered([row], tmp_path, EVIL))

    assert page.tags.count("script") == 1
    assert "img" not in page.tags
    assert [name for name, _ in page.attributes if name.startswith("on")] == []
    assert page.text.count("<script>alert('x')</script>") >= 6


def test_the_page_needs_nothing_from_anywhere(tmp_path: Path) -> None:
    page = Page(rendered(samples.recommendations(50), tmp_path))

    assert not {"link", "iframe", "object", "embed", "img", "base"} & set(page.tags)
    assert [value for name, value in page.attributes if name == "src"] == []


def test_only_the_script_and_style_it_was_made_with_may_run(tmp_path: Path) -> None:
    text = rendered(samples.recommendations(5), tmp_path)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None

    assert "default-src 'none'" in policy[1]
    allowed = dict(directive.strip().split(" ", 1) for directive in policy[1].split(";"))
    for element, number in (("style", 2), ("script", 1)):
        bodies = re.findall(f"<{element}>(.*?)</{element}>", text, re.DOTALL)
        digests = [base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() for body in bodies]
        assert allowed[f"{element}-src"] == " ".join(f"'sha256-{digest}'" for digest in digests)
        assert len(bodies) == number


def test_ids_are_unique_and_links_inside_the_page_lead_somewhere(tmp_path: Path) -> None:
    page = Page(rendered(samples.recommendations(100), tmp_path))

    ids = [value for name, value in page.attributes if name == "id"]
    targets = {value[1:] for name, value in page.attributes if name == "href" and value and value.startswith("#")}
    assert len(ids) == len(set(ids))
    assert targets <= set(ids)


def test_texts_in_english_say_so_in_a_report_of_another_language(tmp_path: Path) -> None:
    row = samples.recommendation(problem="Rotate keys", solution="Rotate them now", potential_benefits="Security")
    german = rendered([row, samples.recommendation(problem="启用虚拟机备份")], tmp_path, language="de-AT")

    assert german.startswith('<!doctype html>\n<html lang="de-AT"')
    for words in ("Rotate keys", "Rotate them now", "Security"):
        assert f'<bdi lang="en">{words}</bdi>' in german
    assert "<h3><bdi>启用虚拟机备份</bdi></h3>" in german
    assert "<bdi>kv-contoso</bdi>" in german, "names are names in any language"
    assert 'lang="en"' not in rendered([row], tmp_path, language="en-GB")


def test_lone_surrogates_do_not_break_the_file(tmp_path: Path) -> None:
    assert "vm\ufffd" in rendered([samples.recommendation(resource_name="vm\ud800")], tmp_path)


def test_a_page_without_recommendations_has_no_script(tmp_path: Path) -> None:
    assert "<script>" not in rendered((), tmp_path)


def test_a_page_says_its_language_and_writes_dates_as_its_readers_do(tmp_path: Path) -> None:
    german = Page(rendered(samples.recommendations(30), tmp_path, language="de"))

    assert {("lang", "de"), ("dir", "ltr")} <= set(german.attributes)
    assert "3. Februar 2025" in german.text


def test_the_cover_says_what_the_page_is_made_from_and_about(tmp_path: Path) -> None:
    text = Page(rendered(samples.recommendations(30), tmp_path, scope="Subscription Production")).text

    for fact in ("Data as of", "Subscription Production", "Detailed report"):
        assert fact in text
    assert "Counting" in text, "the label of a paragraph"


def test_branding_stands_on_the_cover_and_cannot_break_out_of_its_place(tmp_path: Path) -> None:
    logo = Logo(media_type="image/png", content=b"\x89PNG", width=2, height=1)
    branding = Branding(
        primary="#ffee00",
        accent="#00ff00",
        font=FontFamily.SOURCE_SERIF,
        cover_text=EVIL,
        footer=EVIL,
        contact=EVIL,
        logo=logo,
    )
    text = rendered(samples.recommendations(3), tmp_path, branding=branding)
    page = Page(text)

    assert branding.palette.accent in text
    assert "#ffee00" not in text, "what cannot be read on white is corrected"
    assert "img-src data:;" in text
    assert page.tags.count("script") == 1
    assert page.tags.count("img") == 1
    assert page.text.count("<script>alert('x')</script>") == 3


@pytest.mark.parametrize("report_type", list(ReportType))
def test_every_type_of_report_is_a_well_formed_page(report_type: ReportType, tmp_path: Path) -> None:
    page = Page(rendered(samples.recommendations(60), tmp_path, report_type=report_type))

    assert page.open == []
    assert ("form" in page.tags) is (report_type is not ReportType.EXECUTIVE), "where nothing is listed nothing is filtered"
