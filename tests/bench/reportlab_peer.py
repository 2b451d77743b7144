"""A report's content as PDF by ReportLab's page layout, the way its users write it."""

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

from reportlab.graphics.shapes import Drawing, Rect, String
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, PageBreak, PageTemplate, Paragraph, Spacer, Table, TableStyle
from reportlab.platypus import Frame as PageFrame
from reportlab.platypus.tableofcontents import TableOfContents

from shared.advisor.vocabulary import Impact
from worker.reports.blocks import Figure, Findings, KpiRow
from worker.reports.blocks import Paragraph as TextBlock
from worker.reports.blocks import Table as TableBlock
from worker.reports.charts.shapes import IMPACT_COLOURS
from worker.reports.document import Group, ReportContent

_CELL = getSampleStyleSheet()["BodyText"].clone("cell", fontSize=7.5, leading=9)
_GRID = TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.5, colors.HexColor("#dddddd")), ("VALIGN", (0, 0), (-1, -1), "TOP")])


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
        if not isinstance(flowable, Paragraph) or flowable.style.name not in {"Heading1", "Heading3"}:
            return
        title, level = flowable.getPlainText(), int(flowable.style.name == "Heading3")
        key = f"{level}-{self.seq.nextf('bookmark')}"
        self.canv.bookmarkPage(key)
        self.canv.addOutlineEntry(title, key, level)
        if not level:
            self.notify("TOCEntry", (0, title, self.page, key))


def write(
    content: ReportContent,
    headings: tuple[str, ...],
    cells: Callable[[Group], Iterable[tuple[str, ...]]],
    destination: str,
) -> None:
    """Write the PDF."""
    styles = getSampleStyleSheet()
    body = styles["BodyText"]
    story: list[Any] = [
        Spacer(1, 150),
        Paragraph(escape(content.facts.title), styles["Title"]),
        Paragraph(escape(content.facts.client_name), body),
        PageBreak(),
        TableOfContents(),
        PageBreak(),
    ]
    for part in content.parts:
        story += [PageBreak(), Paragraph(escape(part.title), styles["Heading1"])]
        for block in part.blocks:
            match block:
                case KpiRow():
                    story += [
                        Paragraph(f"<b>{escape(kpi.label)}</b> {escape('; '.join(kpi.values))}", body) for kpi in block.kpis
                    ]
                case TextBlock():
                    story.append(Paragraph(escape(block.text), body))
                case Figure():
                    story += [Paragraph(escape(block.heading), styles["Heading4"]), _chart(content)]
                case TableBlock():
                    rows = [[column.title for column in block.columns], *([item.text for item in row] for row in block.rows)]
                    story += [Paragraph(escape(block.heading), styles["Heading4"]), _table(rows, None)]
                case Findings():
                    for group in content.sections[block.section].groups:
                        story += [
                            Paragraph(escape(group.title), styles["Heading3"]),
                            Paragraph(escape(group.solution), body),
                        ]
                        links = [resource.portal_url for resource in group.resources]
                        story.append(_table([headings, *cells(group)], [180, 150, 50, 80, 65], ["", *links]))
    document = _Document(destination, pagesize=A4, title=content.facts.title)
    document.addPageTemplates(PageTemplate(frames=[PageFrame(36, 40, A4[0] - 72, A4[1] - 80)]))
    document.multiBuild(story, canvasmaker=_NumberedCanvas)


def _table(rows: Sequence[Sequence[str]], widths: list[float] | None, links: Sequence[str] = ()) -> Table:
    table = [[Paragraph(escape(text).replace("\n", "<br/>"), _CELL) for text in row] for row in rows]
    for row, texts, link in zip(table, rows, links, strict=False):
        if link:
            row[0] = Paragraph(f'<link href="{escape(link)}">{escape(texts[0]).replace(chr(10), "<br/>")}</link>', _CELL)
    return Table(table, colWidths=widths, repeatRows=1, style=_GRID)


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
