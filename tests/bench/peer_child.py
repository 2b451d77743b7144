"""``python -m tests.bench.peer_child PEER EXPORT FILE``: make a PDF of a report's content with another engine, timed.

Every peer gets the same content: cover, contents, every chapter with its figures, charts, paragraphs and tables, each
resource with its link to the portal, tables whose header repeats, bookmarks, "page x of y". Its import counts, as ours does;
the content is computed before the clock starts.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from itertools import zip_longest
from pathlib import Path

from shared.advisor.exports import open_export
from shared.language.language import Language
from tests.bench.measure import peak_rss_mb, timed
from worker.cli.export_rows import ExportRows
from worker.reports.blocks import Figure, Findings, KpiRow, Paragraph, Table
from worker.reports.charts import svg
from worker.reports.content import build_content
from worker.reports.document import Group, ReportContent, ReportFacts

_HEADINGS = ("Resource", "Subscription and resource group", "Impact", "Savings a year", "Updated")
_ENGLISH = Language.of()


def main(peer: str, export_path: str, destination: str) -> None:
    """Read the export, then measure the peer."""
    path = Path(export_path)
    rows = ExportRows(open_export(path, file_name=path.name))
    facts = ReportFacts(client_name="Contoso", title="Azure Advisor review", created_at=datetime.now(UTC), sources=())
    content = build_content(rows.recommendations, (), facts, savings=rows.savings)
    made = _PEERS[peer](content, destination)
    print(json.dumps({"render_s": made, "bytes": Path(destination).stat().st_size, "peak_rss_mb": peak_rss_mb()}))


def _weasyprint(content: ReportContent, destination: str) -> float:
    with timed() as watch:
        from weasyprint import HTML

        HTML(string="".join(_page(content))).write_pdf(destination, pdf_variant="pdf/ua-1")
    return watch.seconds


def _page(content: ReportContent) -> Iterator[str]:
    yield "<!doctype html><html lang=en><head><title>Azure Advisor review</title><style>"
    yield (
        "@page{size:A4;margin:16mm;@bottom-right{content:'Page ' counter(page) ' of ' counter(pages)}}"
        "body{font:9pt 'Noto Sans',sans-serif}h1{margin-top:60mm}h2{break-before:page}table{width:100%;"
        "border-collapse:collapse}td,th{border-bottom:1px solid #ddd;padding:3px;text-align:left;"
        "vertical-align:top}h3{break-after:avoid}"
        ".toc a::after{content:leader('.') target-counter(attr(href),page)}thead{display:table-header-group}"
    )
    yield f"</style></head><body><h1>{escape(content.facts.title)}</h1><p>{escape(content.facts.client_name)}</p>"
    yield "<h2>Contents</h2>"
    for part in content.parts:
        yield f'<p class=toc><a href="#{part.key}">{escape(part.title)}</a></p>'
    for part in content.parts:
        yield f'<h2 id="{part.key}">{escape(part.title)}</h2>'
        for block in part.blocks:
            match block:
                case KpiRow():
                    yield from (f"<p><b>{escape(kpi.label)}</b> {escape('; '.join(kpi.values))}</p>" for kpi in block.kpis)
                case Paragraph():
                    yield f"<p>{escape(block.text)}</p>"
                case Figure():
                    yield f'<h4>{escape(block.heading)}</h4><div role="img">{svg(block.chart)}</div>'
                case Table():
                    yield f"<h4>{escape(block.heading)}</h4>"
                    yield from _table(
                        [column.title for column in block.columns], ([c.text for c in row] for row in block.rows)
                    )
                case Findings():
                    for group in content.sections[block.section].groups:
                        yield f"<h3>{escape(group.title)}</h3><p>{escape(group.solution)}</p>"
                        yield from _table(_HEADINGS, _cells(group), [resource.portal_url for resource in group.resources])
    yield "</body></html>"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]], links: Iterable[str] = ()) -> Iterator[str]:
    yield "<table><thead><tr>"
    yield "".join(f"<th scope=col>{escape(heading)}</th>" for heading in headings) + "</tr></thead><tbody>"
    for row, link in zip_longest(rows, links, fillvalue=""):
        cells = [escape(text).replace("\n", "<br>") for text in row]
        if link:
            cells[0] = f'<a href="{escape(str(link))}">{cells[0]}</a>'
        yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
    yield "</tbody></table>"


def _cells(group: Group) -> Iterator[tuple[str, ...]]:
    for resource in group.resources:
        amount = "" if resource.savings is None else _ENGLISH.money(resource.savings, resource.currency)
        yield (
            f"{resource.name}\n{resource.type} {resource.detail}",
            f"{resource.subscription}\n{resource.resource_group}",
            resource.impact.value,
            amount,
            _ENGLISH.short_date(resource.updated),
        )


def _reportlab(content: ReportContent, destination: str) -> float:
    with timed() as watch:
        from tests.bench.reportlab_peer import write

        write(content, _HEADINGS, _cells, destination)
    return watch.seconds


_PEERS: dict[str, Callable[[ReportContent, str], float]] = {
    "weasyprint": _weasyprint,
    "reportlab": _reportlab,
}

if __name__ == "__main__":
    main(*sys.argv[1:])
