"""The ring that shows the share of each impact."""

import math

from worker.reports.charts.shapes import IMPACT_COLOURS, RULE_COLOUR, image, impact_bar, text, width_of
from worker.reports.charts.values import Donut


def draw_donut(chart: Donut) -> str:
    """Draw the ring with its total in the middle and a key with numbers and shares beside it."""
    radius, stroke, centre = 52.0, 22, 66
    circumference = 2 * math.pi * radius
    present = [part for part in chart.slices if part.value]
    total = sum(part.value for part in present)
    ring = f'<circle cx="{centre}" cy="{centre}" r="{radius:g}" fill="none" stroke-width="{stroke}" '
    shapes = [f'{ring}class="rule" stroke="{RULE_COLOUR}"/>']
    turned = 0.0
    for part in present:
        share = part.value / total
        gap = 1.6 if len(present) > 1 else 0
        shapes.append(
            f'{ring}class="ring impact-{part.impact.value.lower()}" stroke="{IMPACT_COLOURS[part.impact]}" '
            f'stroke-dasharray="{max(share * circumference - gap, 0.4):.2f} {circumference:.2f}" '
            f'transform="rotate({turned * 360 - 90:.3f} {centre} {centre})"/>'
        )
        turned += share
    size = 19 if len(chart.total) < 7 else 14
    shapes.append(text(centre, centre + 3, chart.total, anchor="middle", weight=700, size=size))
    shapes.append(text(centre, centre + 18, chart.total_note, anchor="middle", size=9.5))
    numbers = 190 + max((width_of(part.label) for part in present), default=0)
    numbers += max((width_of(part.text) for part in present), default=0)
    width = numbers + 14 + max((width_of(part.share) for part in present), default=0)
    for index, part in enumerate(present):
        y = centre - len(present) * 12 + index * 24 + 4
        shapes.append(impact_bar(158, y, 11, part.impact, height=11))
        shapes.append(text(176, y + 10, part.label))
        shapes.append(text(numbers, y + 10, part.text, anchor="end", weight=600))
        shapes.append(text(width, y + 10, part.share, anchor="end"))
    return image(chart.title, chart.description, round(width), 132, shapes)
