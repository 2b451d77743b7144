"""The HTML reports that the browser is shown."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from shared.advisor.recommendation import Recommendation
from shared.branding.branding import Branding, FontFamily, Logo
from shared.reports import ReportType
from shared.reports.insights import Insights
from shared.savings import count_savings
from tests.generators.insights import COVERAGE, SCORES, insights_for
from tests.unit.reports import samples
from worker.reports.content import build_content
from worker.reports.html import render_html

_LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="120" height="40"><rect width="120" height="40" fill="#7a1fa2"/></svg>'
)
BRANDED = Branding(
    primary="#ffd000",
    accent="#ff66cc",
    font=FontFamily.IBM_PLEX_SANS,
    cover_text="Prepared by Northwind Cloud Services\nfor the board",
    footer="Confidential",
    contact="cloud@northwind.example",
    logo=Logo(media_type="image/svg+xml", content=_LOGO, width=120, height=40),
)
MANY = 1_000
FEW = 37


def write_reports(folder: Path) -> dict[str, Path]:
    """Write the reports to ``folder`` and return their paths by name."""
    few = [*samples.recommendations(FEW - len(samples.LONG_NAMES)), *samples.LONG_NAMES]
    return {
        "none": _write(folder, "none", ()),
        "few": _write(folder, "few", few),
        "branded": _write(folder, "branded", few, branding=BRANDED, language="de"),
        "many": _write(folder, "many", samples.recommendations(MANY)),
        "executive": _write(folder, "executive", few, report_type=ReportType.EXECUTIVE),
    }


def _write(folder: Path, name: str, rows: Sequence[Recommendation], **facts: object) -> Path:
    of_client = samples.facts("Contoso Ltd", accepted=len(rows), rejected=len(samples.REJECTED))
    facts = {"coverage": COVERAGE, "scores": SCORES, **facts} if rows else facts
    savings = count_savings(rows)
    insights = insights_for(rows, savings, samples.CREATED_AT, clients=4) if rows else Insights()
    content = build_content(
        rows, samples.REJECTED, msgspec.structs.replace(of_client, **facts), savings=savings, insights=insights
    )
    path = folder / f"{name}.html"
    render_html(content, path)
    return path
