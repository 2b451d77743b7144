"""The reports that the gallery shows: every type, three brandings, few and many recommendations, other languages."""

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import msgspec

from shared.advisor.exports import open_export
from shared.advisor.recommendation import Recommendation
from shared.branding.branding import PLAIN, Branding, FontFamily, Logo
from shared.reports import ReportType
from shared.savings import count_savings
from tests.generators.advisor_json import save_json
from tests.generators.estate import Estate
from tests.generators.insights import COVERAGE, SCORES, insights_for
from worker.reports.content import build_content
from worker.reports.document import ReportContent, ReportFacts, SourceFacts
from worker.reports.report_types import OfType

TODAY = datetime(2025, 11, 20, 9, 30, tzinfo=UTC)

_MARK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 220 60" width="220" height="60">'
    '<path d="M8 50 L34 10 L60 50 Z" fill="{primary}"/>'
    '<path d="M34 50 L60 10 L86 50 Z" fill="{accent}" fill-opacity="0.85"/>'
    '<path d="M104 20h20M104 30h14M104 40h20M136 18v24h18M168 18l12 24l12-24" stroke="{primary}" '
    'stroke-width="5" fill="none"/>'
    "</svg>"
)


def _logo(primary: str, accent: str) -> Logo:
    content = _MARK.format(primary=primary, accent=accent).encode()
    return Logo(media_type="image/svg+xml", content=content, width=220, height=60)


BRANDINGS = {
    "plain": PLAIN,
    "forest": Branding(
        primary="#173f35",
        accent="#b3541e",
        font=FontFamily.SOURCE_SERIF,
        cover_text="Prepared by Northwind Cloud Services. Recommendations are reviewed with you every quarter.",
        footer="Northwind Cloud Services · confidential",
        contact="Northwind Cloud Services · cloud@northwind.example · +1 555 0100",
        logo=_logo("#173f35", "#b3541e"),
    ),
    "plum": Branding(
        primary="#3b1c52",
        accent="#c2185b",
        font=FontFamily.IBM_PLEX_SANS,
        cover_text="Your managed Azure, month by month.",
        footer="Fabrikam Managed Azure",
        contact="managed@fabrikam.example",
        logo=_logo("#3b1c52", "#c2185b"),
    ),
}


class Exhibit(msgspec.Struct, frozen=True, kw_only=True):
    """One report of the gallery."""

    name: str
    report_type: ReportType = ReportType.DETAILED
    rows: int = 1_000
    branding: str = "plain"
    language: str = "en"
    title: str = "Azure Advisor review"
    client: str = "Contoso Ltd"
    scripts: tuple[str, ...] = ()
    long_names: bool = False
    clients: int = 0
    """Clients of a roll-up, 0 for a report on one."""
    has_insights: bool = True

    def content(self) -> ReportContent:
        """Return what the report says."""
        rows = list(OfType(rows_of(self.rows, self.scripts, long_names=self.long_names), self.report_type))
        savings = count_savings(rows)
        facts = ReportFacts(
            client_name=self.client,
            title=self.title,
            created_at=TODAY,
            sources=(
                SourceFacts(
                    file_name="advisor-2025-11-20.json",
                    kind="Azure CLI JSON",
                    exported_at=TODAY,
                    accepted=self.rows,
                    rejected=0,
                ),
            ),
            report_type=self.report_type,
            language=self.language,
            branding=BRANDINGS[self.branding],
            coverage=COVERAGE if self.has_insights else None,
            scores=SCORES if self.has_insights else (),
            scored_on=TODAY.date() if self.has_insights else None,
        )
        insights = None
        if self.has_insights and rows:
            insights = insights_for(rows, savings, TODAY, clients=self.clients, client=self.client)
        return build_content(rows, (), facts, savings=savings, insights=insights)


@cache
def rows_of(count: int, scripts: tuple[str, ...] = (), *, long_names: bool = False) -> Sequence[Recommendation]:
    """Return so many recommendations of a made-up company, as its export has them."""
    if not count:
        return ()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "advisor.json"
        estate = Estate(rows=count, scripts=scripts, long_names=long_names)
        save_json(path, estate, shape="cli")
        names = {subscription.id: subscription.name for subscription in estate.subscriptions()}
        return tuple(
            msgspec.structs.replace(row, subscription_name=names.get(row.subscription_id, ""))
            for row in open_export(path, file_name=path.name).rows()
            if isinstance(row, Recommendation)
        )
