"""PDFs in any script, with any logo, stay accessible and fit to be kept."""

import io
from pathlib import Path

import msgspec
import pypdf
import pytest
from PIL import Image

from shared.branding.branding import Branding
from shared.branding.logos import cleaned
from tests.unit.reports.samples import facts, recommendations
from worker.reports.content import build_content
from worker.reports.document import ReportContent
from worker.reports.pdf import render_pdf
from worker.reports.wording import isolated

ARABIC = "شركة كونتوسو 12"


def _content(name: str, **changes: object) -> ReportContent:
    rows = [msgspec.structs.replace(row, subscription_name=name, subscription_id="") for row in recommendations(30)]
    return build_content(rows, (), msgspec.structs.replace(facts(name, accepted=30), title=name, **changes))


@pytest.mark.parametrize("name", [ARABIC, "חברת קונטוסו", "विकास", "株式会社コントソ", "Контосо"])
def test_names_of_any_script_in_text_and_charts_keep_the_pdf_accessible(name: str, tmp_path: Path) -> None:
    assert render_pdf(_content(name), tmp_path / "report.pdf") == ()
    pages = pypdf.PdfReader(tmp_path / "report.pdf").pages
    assert set(name) <= set(pages[0].extract_text()), "every letter can be copied and read aloud"


def test_a_png_logo_is_printed(tmp_path: Path) -> None:
    written = io.BytesIO()
    Image.new("RGBA", (60, 20), (10, 120, 80, 200)).save(written, format="PNG")
    branding = Branding(logo=cleaned(written.getvalue()).logo)
    assert render_pdf(_content("Contoso", branding=branding), tmp_path / "report.pdf") == ()
    images = list(pypdf.PdfReader(tmp_path / "report.pdf").pages[0].images)
    assert [image.image.size for image in images if image.image] == [(60, 20)]


def test_only_names_that_run_from_right_to_left_are_marked() -> None:
    assert isolated(ARABIC) == f"\u2068{ARABIC}\u2069"
    assert isolated("Contoso 株式会社") == "Contoso 株式会社"
