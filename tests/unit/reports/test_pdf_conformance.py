"""Every type of report as PDF: accessible by PDF/UA-1, fit to be kept by PDF/A-2a, and whole from cover to last page."""

import re
from pathlib import Path
from typing import Any

import pypdf
import pytest

from shared.reports import ReportType
from tests.gallery.exhibits import Exhibit
from tests.pdf_conformance import archive_findings, ua_findings, uses_object_streams
from worker.reports.blocks import Table
from worker.reports.document import ReportContent
from worker.reports.pdf import render_pdf
from worker.reports.pdf_data import typst_setting

EXHIBITS = (
    Exhibit(name="executive", report_type=ReportType.EXECUTIVE, rows=400, branding="forest", clients=14),
    Exhibit(name="cost", report_type=ReportType.COST, rows=150, branding="plum", language="de"),
    Exhibit(name="security", report_type=ReportType.SECURITY, rows=80, scripts=("zh", "ja", "ar", "cyrillic", "accents")),
    Exhibit(name="operations", report_type=ReportType.OPERATIONS, rows=80, language="ja", long_names=True),
    Exhibit(name="detailed", rows=250, client="Śródmieście & Söhne – 株式会社サンプル"),
    Exhibit(name="nothing", rows=0, language="fr"),
)
_HEADING_SIZES = {22.0, 17.0, 11.5}


@pytest.mark.long
@pytest.mark.unmeasured
def test_reports_of_every_type_are_accessible_fit_to_be_kept_and_small(tmp_path: Path) -> None:
    files = [tmp_path / f"{exhibit.name}.pdf" for exhibit in EXHIBITS]
    headers: list[str] = []
    for exhibit, file in zip(EXHIBITS, files, strict=True):
        content = exhibit.content()
        assert render_pdf(content, file) == ()
        headers += _headers_of(content)

    running = [*{exhibit.client for exhibit in EXHIBITS}, *{exhibit.title for exhibit in EXHIBITS}, "20, 2025"]
    assert ua_findings(files, table_headers=headers, running=running) == []
    assert {file.name: archive_findings(file) for file in files if archive_findings(file)} == {}
    assert all(uses_object_streams(file) for file in files)
    for file in files:
        assert _widowed(pypdf.PdfReader(file)) == []


def _headers_of(content: ReportContent) -> list[str]:
    """Return the headers of the tables that may go on on another page, as they read."""
    tables = [block for part in content.parts for block in part.blocks if isinstance(block, Table)]
    words = typst_setting(content)["words"]
    of_findings = [words["resource"], words["place"]]
    optional = [words["impact"], words["savings"], words["updated"]]
    return [
        *(" ".join(column.title for column in table.columns) for table in tables),
        *(" ".join([*of_findings, *optional[first:]]) for first in range(len(optional))),
    ]


def _widowed(reader: pypdf.PdfReader) -> list[str]:
    """Return the headings that stand at the foot of their page with nothing under them."""
    found = []
    for number, page in enumerate(reader.pages, start=1):
        lines: list[tuple[float, float, str]] = []

        def note(text: str, cm: Any, matrix: Any, _font: Any, size: float, into: list[Any] = lines) -> None:
            if text.strip() and 70 < (y := matrix[5] * cm[3] + cm[5]) < 780:
                into.append((y, abs(size * matrix[3]), text.strip()))

        page.extract_text(visitor_text=note)
        if lines and round(min(lines)[1], 1) in _HEADING_SIZES:
            found.append(f"page {number}: {min(lines)[2]}")
    return found


@pytest.mark.parametrize(
    ("rows", "clients", "language"),
    [(1, 0, "en"), (1_000, 0, "en"), (1_000, 0, "it"), (1_000, 2, "de"), (1_000, 200, "en"), (1_000, 60, "fr")],
)
def test_an_executive_summary_has_two_to_four_pages_and_names_no_single_resource(
    rows: int, clients: int, language: str, tmp_path: Path
) -> None:
    exhibit = Exhibit(name="executive", report_type=ReportType.EXECUTIVE, rows=rows, clients=clients, language=language)
    render_pdf(exhibit.content(), tmp_path / "report.pdf")

    reader = pypdf.PdfReader(tmp_path / "report.pdf")
    text = "\n".join(page.extract_text() for page in reader.pages)
    assert 2 <= len(reader.pages) <= 4
    assert "Contents" not in text
    assert not re.search(r"\bvm-\w+-\w+-\d{3}\b", text)


def test_what_is_known_beyond_the_recommendations_stands_in_the_report(tmp_path: Path) -> None:
    render_pdf(Exhibit(name="detailed", rows=300).content(), tmp_path / "report.pdf")

    pages = [page.extract_text().replace("\u00a0", " ") for page in pypdf.PdfReader(tmp_path / "report.pdf").pages]
    for first, last in (("Snapshot by snapshot", "December 25, 2024"), ("Age of what is open", "more than a year")):
        assert any(first in page and last in page for page in pages), "tables of few lines stay on one page"
    text = "\n".join(pages)
    for words in (
        "What changed",
        "no longer found",
        "Realised",
        "Age of what is open",
        "Over time",
        "Snapshot by snapshot",
        "Advisor score",
        "+21 points possible",
        "Retirements",
        "Data came from 9 of 10 subscriptions",
        "Planned: Ada Lovelace",
        "Why an offer is not counted",
        "priced by Advisor at retail rates",
    ):
        assert words in text, words


def test_a_brand_dresses_the_cover_and_its_addresses_can_be_followed(tmp_path: Path) -> None:
    render_pdf(Exhibit(name="brand", rows=1, branding="forest").content(), tmp_path / "report.pdf")

    reader = pypdf.PdfReader(tmp_path / "report.pdf")
    cover = reader.pages[0]
    links = [str(note.get_object()["/A"]["/URI"]) for note in cover.annotations or ()]
    fonts = {str(font.get_object()["/BaseFont"]) for font in cover["/Resources"]["/Font"].values()}  # type: ignore[index]
    assert links == ["mailto:cloud@northwind.example"]
    assert all("SourceSerif" in font for font in fonts)
    assert "reviewed with you every quarter" in cover.extract_text()
    assert "Northwind Cloud Services · confidential" in reader.pages[-1].extract_text()


def test_a_character_for_private_use_costs_the_archive_mark_only(tmp_path: Path) -> None:
    warnings = render_pdf(Exhibit(name="private", rows=0, client="Contoso \ue000").content(), tmp_path / "report.pdf")

    assert len(warnings) == 1
    assert "PDF/A-2a" in warnings[0]
