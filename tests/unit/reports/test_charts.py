"""The SVG images of charts."""

from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from shared.advisor.vocabulary import Impact
from worker.reports import charts

SVG = "{http://www.w3.org/2000/svg}"

STACKED = charts.StackedBars(
    title="By category",
    description="Cost: 3",
    rows=(charts.StackedRow("Cost", {Impact.HIGH: 2, Impact.LOW: 1}), charts.StackedRow("Security", {})),
)
BARS = charts.Bars(title="Savings", description="", rows=(charts.BarRow("A", 10, "USD 10"), charts.BarRow("B", 5, "USD 5")))
DONUT = charts.Donut(title="By impact", description="", counts={Impact.HIGH: 1, Impact.MEDIUM: 999})


def drawn(chart: charts.Chart) -> ET.Element:
    return ET.fromstring(charts.svg(chart))


def texts(chart: charts.Chart) -> list[str]:
    return [element.text or "" for element in drawn(chart).iter(f"{SVG}text")]


@pytest.mark.parametrize("chart", [STACKED, BARS, DONUT])
def test_every_chart_has_a_title_and_a_description(chart: charts.Chart) -> None:
    image = drawn(chart)

    assert image.findtext(f"{SVG}title") == chart.title
    assert image.get("role") == "img"
    assert chart.title in (image.get("aria-label") or "")


@pytest.mark.parametrize(
    "chart",
    [
        charts.StackedBars(title="", description="", rows=()),
        charts.Bars(title="", description="", rows=()),
        charts.Donut(title="", description="", counts={}),
    ],
)
def test_a_chart_of_nothing_is_still_an_image(chart: charts.Chart) -> None:
    assert drawn(chart).tag == f"{SVG}svg"


def test_stacked_bars_are_as_long_as_their_counts() -> None:
    widths = {
        element.get("class"): float(element.get("width", "0"))
        for element in drawn(STACKED).iter(f"{SVG}rect")
        if element.get("height") == "15"
    }

    assert widths["impact-high"] + 1 == pytest.approx(2 * (widths["impact-low"] + 1), rel=0.01)


def test_every_bar_shows_its_value_as_text() -> None:
    assert "3" in texts(STACKED)
    assert {"USD 10", "USD 5"} <= set(texts(BARS))


def test_shares_are_never_rounded_to_nothing_or_all() -> None:
    assert {"< 1 %", "> 99 %"} <= set(texts(DONUT))


def test_texts_from_data_cannot_break_out_of_the_image() -> None:
    evil = '</text><script>alert(1)</script>"&'
    chart = charts.Bars(title=evil, description=evil, rows=(charts.BarRow(evil, 1, evil),))

    assert "<script" not in charts.svg(chart)
    assert evil in texts(chart)


def test_labels_are_cut_to_the_width_they_take() -> None:
    chart = charts.Bars(title="", description="", rows=(charts.BarRow("储" * 200, 1, ""), charts.BarRow("x" * 200, 1, "")))
    chinese, latin = (text for text in texts(chart) if text)

    assert len(chinese) == 40
    assert len(latin) == 80
    assert chinese.endswith("…")


def test_impacts_differ_in_lightness_and_not_only_in_hue() -> None:
    def lightness(colour: str) -> float:
        red, green, blue = (int(colour[index : index + 2], 16) for index in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    values = [lightness(charts.IMPACT_COLOURS[impact]) for impact in Impact]
    assert values == sorted(values)
    assert min(later - earlier for earlier, later in pairwise(values)) > 20
