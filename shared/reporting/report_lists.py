"""Reports as read: one by one with their files, and page by page."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.database.reading import Query
from shared.jobs.report_stages import CARRYING_KINDS
from shared.reporting.listing import Conditions, Order, Place, page_query

# The client's name is looked up for the rows of the page alone. As a join, it led the planner (which does not know the
# tenant) to read and sort all of a tenant's reports for every page.
_FIELDS = """
    r.id, r.client_id, (select c.name from client c where c.tenant_id = r.tenant_id and c.id = r.client_id) as client_name,
    r.title, r.report_type, r.source, r.formats, r.state as status, r.progress, r.phase,
    case when r.error_code is not null
        then json_build_object('code', r.error_code, 'message', r.error_text, 'next_step', r.next_step) end as error,
    r.created_at, r.updated_at, r.started_at, r.finished_at
"""
_FROM = "from report r"

# size and checksum are known only of files that are ready.
_FILE = """
    f.format, f.state as status, f.file_name, f.content_type, f.size_bytes, encode(f.sha256, 'hex') as sha256, f.warnings,
    case when f.error_code is not null
        then json_build_object('code', f.error_code, 'message', f.error_text, 'next_step', coalesce(f.next_step, '')) end
        as error,
    f.created_at, f.finished_at
"""
# Texts of the program alone are put together here; whatever callers say goes by parameters.
_FILES = f"""
    (select coalesce(json_agg(file), '[]') from (
        select {_FILE} from report_file f where f.tenant_id = r.tenant_id and f.report_id = r.id
        order by array_position(r.formats, f.format), f.format
    ) as file) as files
"""  # noqa: S608
_SOURCE = """
    r.options - 'manual' as options, jsonb_array_length(coalesce(r.options -> 'manual', '[]')) as manual_count,
    r.details -> 'fetch' as fetch,
    (select json_build_object('id', s.id, 'source_format', s.source_format, 'file_name', s.file_name, 'taken_at', s.taken_at,
        'taken_at_is_exact', s.taken_at_is_exact, 'accepted_count', s.accepted_count, 'rejected_count', s.rejected_count,
        'notes', coalesce(s.details -> 'notes', '[]'))
        from snapshot s where s.tenant_id = r.tenant_id and s.id = r.snapshot_id) as snapshot,
    (select j.id from job j where j.tenant_id = r.tenant_id and j.report_id = r.id and j.kind = any(%(carrying_kinds)s)
        order by j.id desc limit 1) as job_id
"""

ORDERS = {
    "-created_at": Order("created_at", "r.id", descending=True),
    "created_at": Order("created_at", "r.id"),
    "title": Order("title", "lower(r.title)", "lower(%(after_value)s)"),
    "-title": Order("title", "lower(r.title)", "lower(%(after_value)s)", descending=True),
    "updated_at": Order("updated_at", "r.updated_at", "%(after_value)s::timestamptz", parse=datetime.fromisoformat),
    "-updated_at": Order(
        "updated_at", "r.updated_at", "%(after_value)s::timestamptz", descending=True, parse=datetime.fromisoformat
    ),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which reports are wanted; ``None`` and empty wants all."""

    client_id: UUID | None = None
    report_type: str | None = None
    source: str | None = None
    statuses: tuple[str, ...] = ()
    created_after: datetime | None = None
    created_before: datetime | None = None


def listing(wanted: Filter, *, place: Place) -> Query:
    """Return the query of one page of reports."""
    conditions = Conditions()
    conditions.add("r.deleted_at is null")
    conditions.add_given("r.client_id = %(client_id)s", client_id=wanted.client_id)
    conditions.add_given("r.report_type = %(report_type)s", report_type=wanted.report_type)
    conditions.add_given("r.source = %(source)s", source=wanted.source)
    conditions.add_given("r.state = any(%(states)s)", states=list(wanted.statuses))
    conditions.add_given("r.created_at > %(created_after)s", created_after=wanted.created_after)
    conditions.add_given("r.created_at < %(created_before)s", created_before=wanted.created_before)
    return page_query(f"select {_FIELDS} {_FROM}", conditions, place, id_column="r.id")


def reading(report_id: UUID) -> Query:
    """Return the query of one report with its files, its snapshot's counts and the job that was last asked to make it."""
    return Query(
        f"select {_FIELDS}, {_FILES}, {_SOURCE} {_FROM} where r.id = %(id)s and r.deleted_at is null",
        {"id": report_id, "carrying_kinds": list(CARRYING_KINDS)},
    )


def snapshot_of(report_id: UUID) -> Query:
    """Return the query of the snapshot a report is made from, null while nothing was imported."""
    return Query("select snapshot_id from report where id = %(id)s and deleted_at is null", {"id": report_id})


def file_reading(report_id: UUID, file_format: str) -> Query:
    """Return the query of one file of a report, with the path of its blob."""
    return Query(
        f"select {_FILE}, f.blob_path from report_file f join report r on r.tenant_id = f.tenant_id and r.id = f.report_id"  # noqa: S608
        " where r.id = %(id)s and r.deleted_at is null and f.format = %(format)s",
        {"id": report_id, "format": file_format},
    )
