"""A report's content as PDF by ReportLab's page layout, the way its users write it."""

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

from reportlab.graphics.shapes import Drawing, Rect, String
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageBreak, PageTemplate, Paragraph, Spacer, Table, TableStyle
from reportlab.platypus.tableofcontents import TableOfContents

from shared.advisor.vocabulary import Impact
from worker.reports.charts.shapes import IMPACT_COLOURS
from worker.reports.document import Group, ReportContent


class _NumberedCanvas(Canvas):  # type: ignore[misc]
    """Knows the number of pages only at the end, so it draws the feet then."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802  (ReportLab's name)
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for page in self._pages:
            self.__dict__.update(page)
            self.setFont("Helvetica", 8)
            self.drawRightString(550, 25, f"Page {self._pageNumber} of {len(self._pages)}")
            super().showPage()
        super().save()


class _Document(BaseDocTemplate):  # type: ignore[misc]
    def afterFlowable(self, flowable: Any) -> None:  # noqa: N802  (ReportLab's name)
        if isinstance(flowable, Paragraph) and flowable.style.name == "Heading1":
            self.notify("TOCEntry", (0, flowable.getPlainText(), self.page))


def write(
    content: ReportContent,
    headings: tuple[str, ...],
    cells: Callable[[Group], Iterable[tuple[str, ...]]],
    destination: str,
) -> None:
    """Write the PDF."""
    styles = getSampleStyleSheet()
    body, cell = styles["BodyText"], styles["BodyText"].clone("cell", fontSize=7.5, leading=9)
    grid = TableStyle(
        [("LINEBELOW", (0, 0), (-1, -1), 0.5, colors.HexColor("#dddddd")), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    )
    story: list[Any] = [
        Spacer(1, 150),
        Paragraph(escape(content.facts.title), styles["Title"]),
        Paragraph(escape(content.facts.client_name), body),
        PageBreak(),
        TableOfContents(),
        PageBreak(),
        Paragraph("Executive summary", styles["Heading1"]),
    ]
    story += [
        Paragraph(f"<b>{escape(kpi.label)}</b> {escape('; '.join(kpi.values))} {escape(kpi.note)}", body)
        for kpi in content.kpis
    ]
    story += [Paragraph(escape(words), body) for words in content.summary]
    story.append(_chart(content))
    for section in content.sections:
        story += [PageBreak(), Paragraph(section.summary.category.title, styles["Heading1"])]
        for group in section.groups:
            story += [Paragraph(escape(group.title), styles["Heading3"]), Paragraph(escape(group.solution), body)]
            rows = [headings, *cells(group)]
            table = [[Paragraph(escape(text).replace("\n", "<br/>"), cell) for text in row] for row in rows]
            story.append(Table(table, colWidths=[180, 150, 50, 80, 65], repeatRows=1, style=grid))
    document = _Document(destination, pagesize=A4, title=content.facts.title)
    document.addPageTemplates(PageTemplate(frames=[Frame(36, 40, A4[0] - 72, A4[1] - 80)]))
    document.multiBuild(story, canvasmaker=_NumberedCanvas)


def _chart(content: ReportContent) -> Drawing:
    drawing = Drawing(500, 20 * len(content.categories))
    longest = max((line.total for line in content.categories), default=1) or 1
    for number, line in enumerate(content.categories):
        x, y = 120.0, drawing.height - 18 * (number + 1)
        drawing.add(String(0, y + 3, line.category.title, fontSize=9))
        for impact in Impact:
            width = 350 * line.counts.get(impact, 0) / longest
            drawing.add(Rect(x, y, width, 12, fillColor=colors.HexColor(IMPACT_COLOURS[impact]), strokeWidth=0))
            x += width
    return drawing
