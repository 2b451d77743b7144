"""What changed since an earlier report, and the course of a client's snapshots."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Response

from function_app.api.answers import json_answer
from function_app.api.dependencies import ReportReader
from function_app.api.models.common import ALWAYS, failures
from function_app.api.models.comparisons import ChangesWanted, ComparisonPage, Trend, TrendWanted
from function_app.api.paging import Paging
from shared.comparison import keeping
from shared.comparison.result import Comparison
from shared.database.reading import read_in
from shared.reporting import clients, comparisons, reports

router = APIRouter(tags=["Reports"])


@router.get("/reports/{report_id}/comparison", responses={200: {"model": ComparisonPage}, **failures(*ALWAYS, 404)})
def get_comparison(report_id: UUID, caller: ReportReader, wanted: Annotated[ChangesWanted, Query()]) -> Response:
    """Tell what changed since the snapshot that the report was compared with, its single changes page by page.

    The comparison is made together with the report's files; until then, and where there is nothing to compare with, it is
    `null`.
    """
    orders = {"importance": comparisons.BY_IMPORTANCE}
    page = Paging(f"changes of {report_id}", orders, "importance", wanted)
    with caller.transaction() as session:
        reports.find(session, report_id)
        comparison, reason = keeping.kept_comparison(session, report_id)
        rows = read_in(session, comparisons.changes(report_id, tuple(wanted.kind), page.place))
    summary = None if comparison is None else _summary(comparison)
    return json_answer({"comparison": summary, "reason": reason, **page.content(rows)})


@router.get("/clients/{client_id}/trend", responses={200: {"model": Trend}, **failures(*ALWAYS, 404)})
def get_trend(client_id: UUID, caller: ReportReader, wanted: Annotated[TrendWanted, Query()]) -> Response:
    """Tell what the client's last twelve snapshots amount to, all by one scope and one policy."""
    with caller.transaction() as session:
        clients.find(session, client_id)
        trend = comparisons.trend_for(session, client_id, wanted.report_id)
    return json_answer(msgspec.to_builtins(trend))


def _summary(comparison: Comparison) -> dict[str, Any]:
    summary: dict[str, Any] = msgspec.to_builtins(comparison)
    del summary["changes"]
    return {**summary, "match_rate": str(comparison.match_rate), "same_scope": comparison.same_scope}
