"""PDF reports, made by the real child process and read back."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pikepdf
import pypdf
import pytest

from shared.advisor.recommendation import Recommendation
from tests.children import children
from tests.unit.reports import samples
from worker.reports.breaking import breakable
from worker.reports.content import build_content
from worker.reports.document import ReportContent
from worker.reports.errors import FontsMissingError, RenderingCancelledError, RenderingError, RenderingTimeoutError
from worker.reports.pdf import render_pdf
from worker.reports.pdf_data import typst_data

TEMPLATES = Path(__file__).parents[3] / "worker" / "reports" / "templates"


def content_of(rows: Sequence[Recommendation], client: str = "Contoso Ltd") -> ReportContent:
    return build_content(rows, samples.REJECTED, samples.facts(client, accepted=len(rows), rejected=12))


def read(path: Path) -> tuple[pypdf.PdfReader, str]:
    reader = pypdf.PdfReader(path)
    text = "\n".join(page.extract_text() for page in reader.pages)
    return reader, text.replace("\u00a0", " ").replace("\u200b", "")


def test_a_report_has_cover_contents_summary_sections_and_appendix(tmp_path: Path) -> None:
    assert render_pdf(content_of(samples.recommendations(60)), tmp_path / "report.pdf") == ()

    reader, text = read(tmp_path / "report.pdf")
    titles = ("Contents", "Executive summary", "Cost", "Security", "Reliability", "Performance", "Appendix")
    assert all(title in text for title in titles)
    assert "Azure Advisor review" in reader.pages[0].extract_text()
    assert "Contoso Ltd" in reader.pages[0].extract_text()
    assert f"Page {len(reader.pages)} of {len(reader.pages)}" in reader.pages[-1].extract_text()
    assert "12 rows could not be read" in text


def test_every_listed_resource_stands_in_the_text(tmp_path: Path) -> None:
    rows = samples.recommendations(300)
    render_pdf(content_of(rows), tmp_path / "report.pdf")

    _, text = read(tmp_path / "report.pdf")
    named = [row.resource_name for row in rows if row.resource_type != "Subscription"]
    assert [name for name in named if name not in text] == []


def test_of_very_many_the_most_important_are_listed_and_the_page_says_where_the_rest_is(tmp_path: Path) -> None:
    content = build_content(samples.recommendations(400), (), samples.facts(), max_listed=30)
    render_pdf(content, tmp_path / "report.pdf")

    text = " ".join(read(tmp_path / "report.pdf")[1].split())
    assert "This document lists the 30 most important of 400 recommendations" in text
    assert "The other 370 are in the Excel and CSV files of this report" in text
    assert "more recommendations in the Excel and CSV files" in text


@pytest.mark.parametrize("count", [0, 1])
def test_reports_of_nothing_and_of_one_recommendation_are_whole(count: int, tmp_path: Path) -> None:
    render_pdf(content_of(samples.recommendations(count)), tmp_path / "report.pdf")

    text = read(tmp_path / "report.pdf")[1]
    assert "How the numbers were made" in text
    assert "Contents" not in text, "a page for two lines"


def test_the_pdf_is_tagged_titled_and_says_it_is_accessible(tmp_path: Path) -> None:
    render_pdf(content_of(samples.recommendations(20)), tmp_path / "report.pdf")

    reader, _ = read(tmp_path / "report.pdf")
    catalogue: Any = reader.trailer["/Root"]
    assert bool(catalogue["/MarkInfo"]["/Marked"])
    assert catalogue["/Lang"] == "en"
    assert reader.metadata is not None
    assert reader.metadata.title == "Azure Advisor review – Contoso Ltd"
    assert b"pdfuaid:part" in catalogue["/Metadata"].get_data()


def test_texts_in_english_say_so_in_a_report_of_another_language(tmp_path: Path) -> None:
    row = samples.recommendation(problem="Rotate keys", solution="Rotate them now", potential_benefits="Security")
    facts = msgspec.structs.replace(samples.facts(), language="de-AT")
    render_pdf(build_content([row], (), facts), tmp_path / "report.pdf")

    with pikepdf.open(tmp_path / "report.pdf") as document:
        tags: Any = [thing for thing in document.objects if isinstance(thing, pikepdf.Dictionary) and "/Lang" in thing]
        marked = sorted((str(tag["/S"]), str(tag["/Lang"])) for tag in tags if "/S" in tag)
        assert document.Root.Lang == "de-AT"
    assert marked == [("/H2", "en"), ("/P", "en")]


def test_bookmarks_name_categories_and_their_groups(tmp_path: Path) -> None:
    render_pdf(content_of([samples.recommendation()]), tmp_path / "report.pdf")

    outline: Any = read(tmp_path / "report.pdf")[0].outline
    titles = [entry["/Title"] for part in outline for entry in (part if isinstance(part, list) else [part])]
    assert "Security" in titles
    assert "Key vaults should have purge protection enabled" in titles


def test_resources_with_an_id_lead_to_the_portal(tmp_path: Path) -> None:
    render_pdf(content_of([samples.recommendation(resource_id="/subscriptions/1/vm x")]), tmp_path / "report.pdf")

    reader, _ = read(tmp_path / "report.pdf")
    links = [
        str(note["/A"]["/URI"])
        for page in reader.pages
        for note in page.annotations or ()
        if "/URI" in (note.get_object().get("/A") or {})
    ]
    assert links == ["https://portal.azure.com/#resource/subscriptions/1/vm%20x"]


def test_the_same_content_makes_the_same_file(tmp_path: Path) -> None:
    content = content_of(samples.recommendations(15))
    for name in ("one.pdf", "two.pdf"):
        render_pdf(content, tmp_path / name)

    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()


def test_names_in_other_scripts_print_and_the_report_stays_accessible(tmp_path: Path) -> None:
    assert render_pdf(content_of(samples.LONG_NAMES, "株式会社サンプル – شركة"), tmp_path / "report.pdf") == ()

    _, text = read(tmp_path / "report.pdf")
    for words in ("存储帐户", "ストレージアカウント", "хранилище", "Zürich-Größe-naïve-façade", "株式会社サンプル"):
        assert words in text


def test_a_character_without_a_glyph_costs_accessibility_and_not_the_report(tmp_path: Path) -> None:
    warnings = render_pdf(content_of([samples.recommendation(resource_name="vm-𒀀")]), tmp_path / "report.pdf")

    assert len(warnings) == 1
    assert "neither PDF/UA-1" in warnings[0]
    assert "Executive summary" in read(tmp_path / "report.pdf")[1]


def test_no_text_runs_over_the_edge_of_the_page(tmp_path: Path) -> None:
    """The letters of the longest names stay inside the margins."""
    render_pdf(content_of(samples.LONG_NAMES), tmp_path / "report.pdf")
    places: list[tuple[float, str]] = []

    def note(text: str, _cm: object, matrix: list[float], *_: object) -> None:
        places.append((matrix[4], text))

    reader = pypdf.PdfReader(tmp_path / "report.pdf")
    for page in reader.pages:
        page.extract_text(visitor_text=note)
    width = float(reader.pages[0].mediabox.width)
    assert [place for place in places if place[1].strip() and not 0 <= place[0] < width - 40] == []


@pytest.mark.parametrize(
    "name",
    ["a" * 140, "Advisor_2025-02-01T14_38_16.311Z.csv", "x/1234567890/1234567890/12345678", "ResourceNameInCamelCaseForAll"],
)
def test_long_runs_get_places_to_break(name: str) -> None:
    broken = breakable(name)

    assert broken.replace("\u200b", "") == name
    assert max(map(len, re.split("\u200b", broken))) <= 25


@pytest.mark.parametrize("name", ["vm-orders-00012", "a resource with spaces in its name", "存储帐户" * 20, "short_name"])
def test_texts_that_break_by_themselves_stay_as_they_are(name: str) -> None:
    assert breakable(name) == name


@pytest.mark.parametrize("language", ["es", "pt-BR"])
def test_no_hyphen_of_a_name_is_repeated_on_its_next_line(language: str, tmp_path: Path) -> None:
    name = "vm-with-a-name-that-somebody-made-from-the-whole-path-of-the-deployment"
    rows = [samples.recommendation(resource_name=name, resource_group=name, problem=f"Consider {name}")]
    facts = msgspec.structs.replace(samples.facts(), language=language)
    render_pdf(build_content(rows, (), facts), tmp_path / "report.pdf")
    _, text = read(tmp_path / "report.pdf")

    assert text.replace("\n", "").count(name) >= 3
    assert "-\n-" not in text


def test_contents_of_very_many_groups_name_categories_only() -> None:
    rows = [samples.recommendation(problem=f"Finding {number}") for number in range(120)]

    assert typst_data(content_of(rows))["outline_depth"] == 1
    assert typst_data(content_of(rows[:20]))["outline_depth"] == 2


def test_markup_in_names_is_printed_and_never_run(tmp_path: Path) -> None:
    evil = '#panic("x") $1/0$ ]@ref<label> = heading *bold*'
    render_pdf(content_of([samples.recommendation(resource_name=evil, problem=evil)], evil), tmp_path / "report.pdf")

    assert '#panic("x")' in read(tmp_path / "report.pdf")[1]


@pytest.fixture
def endless_templates(tmp_path: Path) -> Path:
    """Templates that Typst would work on for hours."""
    folder = tmp_path / "templates"
    folder.mkdir()
    for template in TEMPLATES.glob("*.typ"):
        (folder / template.name).write_bytes(template.read_bytes())
    # Typst stops a single loop after some 10^9 turns at the earliest, and this takes far longer than any test.
    (folder / "report.typ").write_text(
        "#let n = 0\n#while true { let m = 0; while m < 9000 { m += 1 }; n += 1; if n < 0 { break } }"
    )
    return folder


def test_a_pdf_that_takes_too_long_is_given_up_and_its_process_killed(tmp_path: Path, endless_templates: Path) -> None:
    with pytest.raises(RenderingTimeoutError, match=r"longer than 0\.5 s"):
        render_pdf(content_of(()), tmp_path / "report.pdf", timeout_s=0.5, templates_dir=endless_templates)

    assert children("typst_child") == []
    assert not (tmp_path / "report.pdf").exists()


def test_a_cancelled_pdf_stops_and_its_process_is_killed(tmp_path: Path, endless_templates: Path) -> None:
    asked: list[int] = []

    def should_stop() -> bool:
        asked.append(len(children("typst_child")))
        return len(asked) > 2

    with pytest.raises(RenderingCancelledError):
        render_pdf(content_of(()), tmp_path / "report.pdf", should_stop=should_stop, templates_dir=endless_templates)

    assert asked[-1] == 1
    assert children("typst_child") == []


def test_the_process_that_makes_it_is_not_told_secrets(
    tmp_path: Path, endless_templates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_PASSWORD", "hunter2")
    seen: list[dict[str, str]] = []

    def look() -> bool:
        seen.extend(child.environ() for child in children("typst_child"))
        return bool(seen)

    with pytest.raises(RenderingCancelledError):
        render_pdf(
            content_of(samples.recommendations(5)), tmp_path / "r.pdf", should_stop=look, templates_dir=endless_templates
        )
    assert seen
    assert "hunter2" not in seen[0].values()


def test_a_template_that_is_wrong_fails_with_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "report.typ").write_text("#panic()")

    with pytest.raises(RenderingError, match=r"The PDF could not be made: .*panicked"):
        render_pdf(content_of(()), tmp_path / "report.pdf", templates_dir=folder)


def test_a_child_that_dies_fails_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RenderingError, match="The PDF could not be made: "):
        render_pdf(content_of(()), tmp_path / "no such folder" / "report.pdf")


def test_without_fonts_the_error_names_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(FontsMissingError) as caught:
        render_pdf(content_of(()), tmp_path / "report.pdf", fonts_dirs=[tmp_path])

    assert str(tmp_path) in caught.value.message
    assert "make install" in caught.value.next_step
    assert list(tmp_path.iterdir()) == []
