"""Days in their order on a line, each with its words beside it."""

from worker.reports.charts.shapes import WIDTH, image, in_lines, rule, text, width_of
from worker.reports.charts.values import Timeline, TimelineEvent

_ROW = 25.0
_SECOND_LINE = 12.0
_TOP = 26.0


def draw_timeline(chart: Timeline, accent: str) -> str:
    """Draw time to scale on top, and under it one row for each event, led to by a thin line."""
    days = [event.day for event in chart.events] + [chart.today]
    first, last = min(days), max(days)
    span = max((last - first).days, 1)
    scale = 150 / span
    date_width = max((width_of(event.day_text, 10.5) for event in chart.events), default=0)
    words_at = 176 + date_width

    def x_of(day: int) -> float:
        return 8 + day * scale

    ordered = sorted(chart.events, key=lambda event: event.day)
    labels = [_label(event, words_at) for event in ordered]
    height = _TOP + sum(_ROW + _SECOND_LINE * (len(lines) - 1) for lines in labels) + 4
    today = x_of((chart.today - first).days)
    shapes = [
        rule(today, _TOP - 8, today, height, dashed=True),
        text(min(max(today, width_of(chart.today_text, 9.5) / 2), 158), 10, chart.today_text, anchor="middle", size=9.5),
    ]
    y = _TOP + 8
    for event, lines in zip(ordered, labels, strict=True):
        x = x_of((event.day - first).days)
        shapes.append(rule(x, y, 166, y))
        filled = event.day >= chart.today
        fill = f'class="accent" fill="{accent}"' if filled else f'class="accent-line" fill="none" stroke="{accent}"'
        shapes.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" {fill} stroke-width="1.6"/>')
        shapes.append(text(172, y + 4, event.day_text, size=10.5, weight=600))
        shapes += [text(words_at, y + 4 + index * _SECOND_LINE, line, size=10.5) for index, line in enumerate(lines)]
        if event.note:
            shapes.append(text(WIDTH, y + 4, event.note, anchor="end", size=10, quiet=True))
        y += _ROW + _SECOND_LINE * (len(lines) - 1)
    return image(chart.title, chart.description, WIDTH, height, shapes)


def _label(event: TimelineEvent, words_at: float) -> list[str]:
    """Return what happens, in as many lines as it needs between its day and its note."""
    room = int((WIDTH - words_at - 10 - width_of(event.note, 10)) / 5.7)
    return in_lines(event.label, max(room, 12)) or [""]
