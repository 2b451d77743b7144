"""Jobs as read: one by one, to poll, and page by page."""

from uuid import UUID

from shared.database.reading import Query
from shared.reporting.listing import Conditions, Order, Place, page_query

_SELECT = """
select id, kind, report_id, state, progress, phase, attempt, max_attempts, cancel_requested,
    case when error_code is not null
        then json_build_object('code', error_code, 'message', error_text, 'next_step', next_step) end as error,
    result, trace_id, created_at, started_at, finished_at
from job
"""
ORDERS = {
    "-created_at": Order("created_at", "id", descending=True),
    "created_at": Order("created_at", "id"),
}


def listing(
    *,
    states: tuple[str, ...],
    kind: str | None,
    report_id: UUID | None,
    place: Place,
) -> Query:
    """Return the query of one page of jobs."""
    conditions = Conditions()
    conditions.add_given("state = any(%(states)s)", states=list(states))
    conditions.add_given("kind = %(kind)s", kind=kind)
    conditions.add_given("report_id = %(report_id)s", report_id=report_id)
    return page_query(_SELECT, conditions, place)


def reading(job_id: UUID) -> Query:
    """Return the query of one job."""
    return Query(_SELECT + " where id = %(id)s", {"id": job_id})
