"""The SVG images of charts."""

from datetime import date
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from shared.advisor.vocabulary import Impact
from worker.reports import charts
from worker.reports.charts.shapes import IMPACT_COLOURS

SVG = "{http://www.w3.org/2000/svg}"

LEGEND = (charts.LegendEntry(Impact.HIGH, "High impact"), charts.LegendEntry(Impact.LOW, "Low impact"))
STACKED = charts.StackedBars(
    title="By category",
    description="Cost: 3",
    legend=LEGEND,
    rows=(charts.StackedRow("Cost", {Impact.HIGH: 2, Impact.LOW: 1}, "3"), charts.StackedRow("Security", {}, "0")),
)
BARS = charts.Bars(title="Savings", description="", rows=(charts.BarRow("A", 10, "USD 10"), charts.BarRow("B", 5, "USD 5")))
DONUT = charts.Donut(
    title="By impact",
    description="",
    slices=(
        charts.Slice(Impact.HIGH, "High impact", 1, "1", "less than 1%"),
        charts.Slice(Impact.MEDIUM, "Medium impact", 999, "999", "over 99%"),
    ),
    total="1,000",
    total_note="in all",
)
WATERFALL = charts.Waterfall(
    title="From offers to savings",
    description="",
    steps=(
        charts.WaterfallStep("All offers", 47_847, "USD 47,847", "start"),
        charts.WaterfallStep("Alternatives", 38_177, "−USD 38,177", "less"),
        charts.WaterfallStep("Achievable", 9_670, "USD 9,670", "result"),
        charts.WaterfallStep("of it at retail", 2_000, "USD 2,000", "part"),
    ),
)
LINES = charts.Lines(
    title="Over time",
    description="",
    labels=("Jan", "Feb", "Mar"),
    series=(
        charts.Series("All", (30, None, 12), "12"),
        charts.Series("High impact", (9, 8, 11), "11"),
        charts.Series("Low impact", (1, 2, 3), "3"),
    ),
    top_text="30",
)
CHANGES = charts.ChangeBars(
    title="Changes",
    description="",
    gone_label="Resolved",
    came_label="New",
    rows=(charts.ChangeRow("Cost", 10, "10", 5, "5"), charts.ChangeRow("Security", 0, "0", 0, "0")),
)
SCORES = charts.ScoreBars(
    title="Score",
    description="",
    rows=(charts.ScoreRow("Advisor score", 61, "61 %"), charts.ScoreRow("Cost", 130, "130 %", "+7 points possible")),
)
TIMELINE = charts.Timeline(
    title="Retirements",
    description="",
    today=date(2026, 1, 1),
    today_text="today",
    events=(
        charts.TimelineEvent(date(2025, 9, 30), "Sep 30, 2025", "Basic load balancer", "9 recommendations"),
        charts.TimelineEvent(date(2028, 9, 8), "Sep 8, 2028", "Kubernetes 1.27"),
    ),
)
ALL = (STACKED, BARS, DONUT, WATERFALL, LINES, CHANGES, SCORES, TIMELINE)
EMPTY = (
    charts.StackedBars(title="", description="", legend=(), rows=()),
    charts.Bars(title="", description="", rows=()),
    charts.Donut(title="", description="", slices=(), total="0", total_note=""),
    charts.Waterfall(title="", description="", steps=()),
    charts.Lines(title="", description="", labels=(), series=(), top_text=""),
    charts.ChangeBars(title="", description="", gone_label="", came_label="", rows=()),
    charts.ScoreBars(title="", description="", rows=()),
    charts.Timeline(title="", description="", today=date(2026, 1, 1), today_text="", events=()),
)


def drawn(chart: charts.Chart) -> ET.Element:
    return ET.fromstring(charts.svg(chart))


def texts(chart: charts.Chart) -> list[str]:
    return [element.text or "" for element in drawn(chart).iter(f"{SVG}text")]


@pytest.mark.parametrize("chart", ALL)
def test_every_chart_has_a_title_and_a_description(chart: charts.Chart) -> None:
    image = drawn(chart)

    assert image.findtext(f"{SVG}title") == chart.title
    assert image.get("role") == "img"
    assert chart.title in (image.get("aria-label") or "")


@pytest.mark.parametrize("chart", EMPTY)
def test_a_chart_of_nothing_is_still_an_image(chart: charts.Chart) -> None:
    assert drawn(chart).tag == f"{SVG}svg"


def test_stacked_bars_are_as_long_as_their_counts() -> None:
    widths = {
        element.get("class"): float(element.get("width", "0"))
        for element in drawn(STACKED).iter(f"{SVG}rect")
        if element.get("height") == "15.0"
    }

    assert widths["impact-high"] + 1 == pytest.approx(2 * (widths["impact-low"] + 1), rel=0.01)


def test_every_bar_shows_its_value_as_text() -> None:
    assert "3" in texts(STACKED)
    assert {"USD 10", "USD 5"} <= set(texts(BARS))


def test_every_number_of_a_chart_stands_on_it_in_words() -> None:
    assert {"USD 47,847", "−USD 38,177", "USD 9,670", "USD 2,000"} <= set(texts(WATERFALL))
    assert {"12", "11", "3", "30", "0", "Jan", "Mar"} <= set(texts(LINES))
    assert {"10", "5", "Resolved", "New"} <= set(texts(CHANGES))
    assert {"61 %", "+7 points possible"} <= set(texts(SCORES))
    assert {"today", "Sep 30, 2025", "Basic load balancer", "9 recommendations"} <= set(texts(TIMELINE))


def test_columns_of_a_waterfall_stand_where_the_one_before_left_off() -> None:
    start, result, _ = (element for element in drawn(WATERFALL).iter(f"{SVG}rect") if element.get("class") == "accent")
    taken = next(element for element in drawn(WATERFALL).iter(f"{SVG}rect") if element.get("fill") == "none")
    bottom = float(taken.get("y", "0")) + float(taken.get("height", "0"))

    assert float(taken.get("y", "0")) == float(start.get("y", "0"))
    assert bottom == pytest.approx(float(result.get("y", "0")), abs=0.2)


def test_what_is_gone_is_hatched_and_what_came_is_filled() -> None:
    [came] = (
        element
        for element in drawn(CHANGES).iter(f"{SVG}rect")
        if element.get("class") == "accent" and element.get("height") == "15.0"
    )
    [gone] = (
        element
        for element in drawn(CHANGES).iter(f"{SVG}rect")
        if element.get("fill") == "none" and element.get("height") == "15.0"
    )

    assert float(gone.get("width", "0")) == pytest.approx(2 * float(came.get("width", "0")), abs=1)


def test_lines_differ_in_dash_and_a_missing_value_breaks_them() -> None:
    paths = [element for element in drawn(LINES).iter(f"{SVG}path") if "M" in (element.get("d") or "")]
    lines = [path for path in paths if path.get("stroke-linejoin")]

    assert len({path.get("stroke-dasharray") for path in lines}) == 3
    assert (lines[0].get("d") or "").count("M") == 2


def test_a_score_beyond_its_scale_fills_the_track_and_no_more() -> None:
    widths = [
        float(element.get("width", "0")) for element in drawn(SCORES).iter(f"{SVG}rect") if element.get("height") == "11.0"
    ]

    assert widths[0] == widths[1]


def test_a_chart_is_set_in_the_colour_and_the_font_of_a_brand() -> None:
    image = charts.svg(BARS, "#112233", "IBM Plex Sans")

    assert 'fill="#112233"' in image
    assert "'IBM Plex Sans', 'Noto Sans'" in image


def test_texts_from_data_cannot_break_out_of_the_image() -> None:
    evil = '</text><script>alert(1)</script>"&'
    chart = charts.Bars(title=evil, description=evil, rows=(charts.BarRow(evil, 1, evil),))

    assert "<script" not in charts.svg(chart)
    assert evil in texts(chart)


def test_what_retires_is_named_in_full_on_a_second_line() -> None:
    name = "Operating System (OS) Disks on Standard HDD"
    [last] = (event for event in TIMELINE.events if not event.note)
    longer = charts.TimelineEvent(last.day, last.day_text, name, "12 recommendations")
    chart = charts.Timeline(title="", description="", today=TIMELINE.today, today_text="today", events=(longer,))

    assert name in " ".join(texts(chart))


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

    values = [lightness(IMPACT_COLOURS[impact]) for impact in Impact]
    assert values == sorted(values)
    assert min(later - earlier for earlier, later in pairwise(values)) > 20
