"""No English of our own is left in a report of another language, whatever its format."""

import gettext
import html
import re
import string
from pathlib import Path

import msgspec
import openpyxl
import pptx
import pypdf
import pytest

from infra.languages.writing import read
from shared.language import language as languages
from shared.language.language import Language
from shared.reports import ReportFormat, ReportType
from shared.savings import count_savings
from tests.generators.insights import COVERAGE, SCORES, insights_for
from tests.unit.reports.samples import CREATED_AT, REJECTED, facts, recommendations
from worker.reports.content import build_content
from worker.reports.render import render

# Greek letters stand for Latin ones: the fonts have them, and no English word is written in them.
_GREEK = str.maketrans(string.ascii_letters, "αβψδεφγηιξκλμνοπϙρστθωςχυζΑΒΨΔΕΦΓΗΙΞΚΛΜΝΟΠϘΡΣΤΘΩςΧΥΖ")
_FIELD = re.compile(r"(\{\w*\})")


class Greek(gettext.NullTranslations):
    """Turns every word that is looked up into Greek letters, and leaves placeholders alone."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def gettext(self, message: str) -> str:
        self.asked.add(message)
        return "".join(part if part.startswith("{") else part.translate(_GREEK) for part in _FIELD.split(message))

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return self.ngettext(msgid1, msgid2, n)


# What is the same in every language: names of products, of units, of fields of Azure's.
_NAMES = {
    "azure",
    "advisor",
    "microsoft",
    "excel",
    "csv",
    "json",
    "pdf",
    "xlsx",
    "utc",
    "usd",
    "eur",
    "gbp",
    "id",
    "pm",
    "am",
}


# What CLDR writes in Dutch: months, and the word before the last of a list.
_DUTCH = """januari februari maart april mei juni juli augustus september oktober november december
    jan feb mrt apr jun jul aug sep okt nov dec en"""


@pytest.fixture
def greek(monkeypatch: pytest.MonkeyPatch) -> Greek:
    """Let Dutch be written in Greek letters; dates and numbers stay Dutch."""
    words = Greek()
    spoken = Language("nl", words)
    monkeypatch.setattr(languages, "_language", lambda tag: spoken)
    return words


@pytest.fixture(scope="module")
def dutch_words() -> set[str]:
    """Every message, singular and plural, that the Dutch catalogue holds."""
    ids = [message.id for message in read("nl") if message.id]
    return {one for each in ids for one in (each if isinstance(each, tuple | list) else (each,))}


@pytest.mark.parametrize("report_type", [ReportType.DETAILED, ReportType.EXECUTIVE])
@pytest.mark.parametrize("file_format", [ReportFormat.PDF, ReportFormat.HTML, ReportFormat.XLSX, ReportFormat.PPTX])
def test_every_word_of_ours_is_looked_up_and_found(
    file_format: ReportFormat, report_type: ReportType, greek: Greek, dutch_words: set[str], tmp_path: Path
) -> None:
    rows = [
        msgspec.structs.replace(row, problem="12", solution="", potential_benefits="", resource_type="34")
        for row in recommendations(60)
    ]
    known = msgspec.structs.replace(
        facts("56", accepted=60, rejected=len(REJECTED)), title="78", language="nl", report_type=report_type
    )
    known = msgspec.structs.replace(
        known, sources=tuple(msgspec.structs.replace(source, file_name="90", kind="12") for source in known.sources)
    )
    known = msgspec.structs.replace(known, coverage=COVERAGE, scores=SCORES, scored_on=CREATED_AT.date())
    savings = count_savings(rows)
    insights = insights_for(rows, savings, CREATED_AT)
    content = build_content(rows, REJECTED, known, savings=savings, insights=insights)
    path = tmp_path / f"report.{file_format.value}"
    render(content, rows, REJECTED, file_format, path)
    data = {word for row in rows for text in msgspec.structs.astuple(row) for word in _words(str(text))}
    rejected = {word for row in REJECTED for word in _words(f"{row.column} {row.value} {row.reason_code}")}
    notes = {word for mark in insights.marks.values() for word in _words(f"{mark.owner} {mark.note}")}
    dutch = set(_words(_DUTCH))
    assert set(_words(_text_of(path))) - data - rejected - notes - dutch - _NAMES == set()
    # Free texts ("12") are looked up too where they may be words of ours.
    assert {message for message in greek.asked - dutch_words if not message.isdigit()} == set()


def _words(text: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Za-z]{2,}", re.sub("x{5,}", " ", text))]


def _text_of(path: Path) -> str:
    match path.suffix:
        case ".pdf":
            return "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
        case ".html":
            page = path.read_text(encoding="utf-8")
            visible = re.sub(r"(?s)<(style|script)\b.*?</\1>", " ", page)
            spoken = re.findall(r'(?:alt|title|placeholder|aria-label)="([^"]*)"', visible)
            return html.unescape(re.sub(r"(?s)<[^>]*>", " ", visible) + "\n".join(spoken))
        case ".pptx":
            shapes = [shape for slide in pptx.Presentation(str(path)).slides for shape in slide.shapes]
            tables = [shape.table for shape in shapes if shape.has_table]
            cells = [cell.text for table in tables for row in table.rows for cell in row.cells]
            return "\n".join([shape.text_frame.text for shape in shapes if shape.has_text_frame] + cells)
        case _:
            book = openpyxl.load_workbook(path)
            cells = [
                str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None
            ]
            return "\n".join([*cells, *book.sheetnames])
