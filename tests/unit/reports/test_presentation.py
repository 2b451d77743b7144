"""The executive summary as slides, read back by the library that reads what PowerPoint writes."""

import io
from pathlib import Path
from typing import Any

import pptx
import pytest
from PIL import Image

from shared.reports import ReportType
from tests.gallery.exhibits import Exhibit
from worker.reports.errors import RenderingCancelledError
from worker.reports.presentation import render_pptx


def slides_of(tmp_path: Path, exhibit: Exhibit) -> Any:
    render_pptx(exhibit.content(), tmp_path / "report.pptx")
    return pptx.Presentation(str(tmp_path / "report.pptx"))


def shapes_of(presentation: Any) -> list[Any]:
    return [shape for slide in presentation.slides for shape in slide.shapes]


def test_slides_tell_the_executive_summary_of_any_type_of_report(tmp_path: Path) -> None:
    presentation = slides_of(tmp_path, Exhibit(name="detailed", rows=200, branding="plum"))
    titles = list(dict.fromkeys(slide.shapes.title.text_frame.text for slide in presentation.slides))

    assert titles == [
        "Azure Advisor review",
        "Executive summary",
        "Savings",
        "What changed",
        "Advisor score",
        "Retirements",
        "Quick wins",
    ]
    words = "\n".join(shape.text_frame.text for shape in shapes_of(presentation) if shape.has_text_frame)
    assert "Azure Advisor makes 200 recommendations for Contoso Ltd" in words
    assert "Your managed Azure, month by month." in words
    assert "Data came from 9 of 10 subscriptions" in words


def test_charts_are_native_and_everything_that_is_seen_is_described(tmp_path: Path) -> None:
    presentation = slides_of(tmp_path, Exhibit(name="cost", rows=60, report_type=ReportType.COST, branding="plum"))
    frames = [shape for shape in shapes_of(presentation) if shape.has_chart or shape.has_table or hasattr(shape, "image")]
    described = {shape._element._nvXxPr.cNvPr.get("descr") or "" for shape in frames}

    assert sum(shape.has_chart for shape in frames) >= 3
    assert "" not in described
    assert any(words.startswith("From all offers to what can be achieved.") for words in described)


def test_the_theme_wears_the_brand_and_a_vector_logo_becomes_a_picture(tmp_path: Path) -> None:
    presentation = slides_of(tmp_path, Exhibit(name="brand", rows=1, branding="plum"))
    theme = next(part for part in presentation.slide_master.part.rels.values() if "theme" in part.reltype).target_part
    [logo] = (shape for shape in shapes_of(presentation) if hasattr(shape, "image"))

    assert b"C2185B" in theme.blob
    assert b'typeface="IBM Plex Sans"' in theme.blob
    assert Image.open(io.BytesIO(logo.image.blob)).width >= 900


@pytest.mark.parametrize(
    "exhibit", [Exhibit(name="none", rows=0), Exhibit(name="ja", rows=5, language="ja", scripts=("ja",))]
)
def test_slides_of_little_and_of_another_language_are_whole(exhibit: Exhibit, tmp_path: Path) -> None:
    presentation = slides_of(tmp_path, exhibit)

    assert presentation.core_properties.language == exhibit.language
    assert len(presentation.slides) >= 2


def test_a_table_that_is_cut_says_how_much_of_it_is_shown(tmp_path: Path) -> None:
    presentation = slides_of(tmp_path, Exhibit(name="clients", rows=60, clients=18))
    texts = [shape.text_frame.text for shape in shapes_of(presentation) if shape.has_text_frame]

    assert "9 of 18 shown" in texts


def test_every_text_stays_on_its_slide(tmp_path: Path) -> None:
    presentation = slides_of(tmp_path, Exhibit(name="long", rows=60, long_names=True))
    width, height = presentation.slide_width, presentation.slide_height

    assert [
        shape.name
        for shape in shapes_of(presentation)
        if shape.left + shape.width > width or shape.top + shape.height > height
    ] == []


def test_slides_that_are_stopped_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(RenderingCancelledError):
        render_pptx(Exhibit(name="stopped", rows=5).content(), tmp_path / "report.pptx", should_stop=lambda: True)

    assert list(tmp_path.iterdir()) == []
