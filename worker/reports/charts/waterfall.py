"""How a sum becomes another: columns that stand where the one before left off."""

from worker.reports.charts.shapes import WIDTH, bar, hatched, image, in_lines, rule, text
from worker.reports.charts.values import Waterfall

_HEIGHT = 150.0
_TOP = 22.0


def draw_waterfall(chart: Waterfall, accent: str) -> str:
    """Draw the columns; what is taken off is hatched, and thin lines lead from one to the next."""
    highest = max((step.value for step in chart.steps), default=0) or 1
    slot = WIDTH / max(len(chart.steps), 1)
    width = min(slot * 0.56, 92)
    ground = _TOP + _HEIGHT
    shapes = [rule(0, ground + 0.5, WIDTH, ground + 0.5)]
    level, label_lines = 0.0, 1
    for index, step in enumerate(chart.steps):
        x = index * slot + (slot - width) / 2
        height = step.value / highest * _HEIGHT
        if step.kind == "less":
            top = ground - level / highest * _HEIGHT
            shapes.append(hatched(x, top, width, height, accent))
            level -= step.value
            joint = top + height
        else:
            top = ground - height
            shapes.append(bar(x, top, width, accent, "accent", height=height, is_pale=step.kind == "part"))
            level = step.value if step.kind != "part" else level
            joint = top
        follows = chart.steps[index + 1].kind if index + 1 < len(chart.steps) else "part"
        if follows != "part":
            shapes.append(rule(x + width, joint, x + slot, joint, dashed=True))
        shapes.append(text(x + width / 2, top - 6, step.text, anchor="middle", weight=600))
        lines = in_lines(step.label, max(int(slot / 6), 8), lines=3)
        label_lines = max(label_lines, len(lines))
        for line, words in enumerate(lines):
            shapes.append(text(x + width / 2, ground + 16 + line * 13, words, anchor="middle", size=10))
    return image(chart.title, chart.description, WIDTH, ground + 9 + 13 * label_lines, shapes)
