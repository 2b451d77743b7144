"""``python -m tests.bench.peer_child PEER EXPORT FILE``: make a PDF of a report's content with another engine, timed.

Every peer gets the same content: cover, contents, headline figures, summary, counts, and each category's recommendations in
tables whose header repeats, "page x of y". Its import counts, as ours does; the content is computed before the clock starts.
"""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from shared.advisor.exports import open_export
from shared.language.language import Language
from tests.bench.measure import peak_rss_mb, timed
from worker.cli.export_rows import ExportRows
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
    for number, section in enumerate(content.sections):
        yield f'<p class=toc><a href="#s{number}">{section.summary.category.title}</a></p>'
    yield "<h2>Executive summary</h2>"
    for kpi in content.kpis:
        yield f"<p><b>{escape(kpi.label)}</b> {escape('; '.join(kpi.values))} {escape(kpi.note)}</p>"
    yield "".join(f"<p>{escape(words)}</p>" for words in content.summary)
    yield f'<div role="img">{svg(content.impact_chart)}</div><div role="img">{svg(content.category_chart)}</div>'
    for number, section in enumerate(content.sections):
        yield f'<h2 id="s{number}">{section.summary.category.title}</h2>'
        for group in section.groups:
            yield f"<h3>{escape(group.title)}</h3><p>{escape(group.solution)}</p><table><thead><tr>"
            yield "".join(f"<th scope=col>{heading}</th>" for heading in _HEADINGS) + "</tr></thead><tbody>"
            for cells in _cells(group):
                texts = (escape(text).replace("\n", "<br>") for text in cells)
                yield f"<tr>{''.join(f'<td>{text}</td>' for text in texts)}</tr>"
            yield "</tbody></table>"
    yield "</body></html>"


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
