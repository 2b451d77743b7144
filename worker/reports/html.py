"""Render a report as one HTML file that needs nothing else: no network, no fonts, and scripts only for comfort."""

import base64
import hashlib
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from shared.advisor.vocabulary import Impact
from worker.reports import charts, wording
from worker.reports.document import ReportContent
from worker.reports.tallies import impact_totals

_TEMPLATES_DIR = Path(__file__).with_name("templates")


def render_html(content: ReportContent, destination: Path) -> None:
    """Write the page to ``destination``, piece by piece."""
    impacts = [
        impact for impact in Impact if impact is not Impact.OTHER or Impact.OTHER in impact_totals(content.categories)
    ]
    stream = _template().stream(
        content=content,
        facts=content.facts,
        impacts=impacts,
        impact_sums=impact_totals(content.categories),
        savings_sums={line.currency: line.counted for line in content.savings},
    )
    stream.enable_buffering(64)
    with destination.open("w", encoding="utf-8", errors="replace", newline="\n") as page:
        page.writelines(stream)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES_DIR),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        amount_lines=wording.amount_lines,
        amounts=wording.amounts_text,
        count_of=wording.count_of,
        date=wording.date_text,
        moment=wording.moment_text,
        short_date=wording.short_date,
        svg=_svg,
    )
    environment.globals["line_break"] = Markup("<br>")
    environment.globals["amount_text"] = wording.amount_text
    for name, file_name in (("style", "report.css"), ("script", "report.js")):
        text = (_TEMPLATES_DIR / file_name).read_text(encoding="utf-8")
        environment.globals[name] = Markup(text)  # noqa: S704  (our own file)
        environment.globals[f"{name}_hash"] = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return environment.get_template("report.html")


def _svg(chart: charts.Chart) -> Markup:
    return Markup(charts.svg(chart))  # noqa: S704  (charts escape every text they hold)
