"""Recipients, mails, attempts and addresses on hold as read."""

from datetime import datetime
from uuid import UUID

from shared.database.reading import Query
from shared.mail.next_steps import error_column
from shared.reporting.listing import Conditions, Order, Place, like_pattern, page_query

_HOLD = """
    (select json_build_object('id', h.id, 'code', h.code, 'reason', h.reason, 'since', h.created_at)
        from mail_hold h where h.tenant_id = r.tenant_id and h.address = lower(r.address) and h.kind is null) as hold
"""
_RECIPIENT = f"""
select r.id, r.address, r.name, r.language, r.time_zone, r.kinds, r.client_ids, r.attach_reports, r.digest, r.digest_hour,
    r.digest_weekday, r.next_digest_at, r.enabled,
    (select coalesce(json_agg(h.kind order by h.kind), '[]') from mail_hold h
        where h.tenant_id = r.tenant_id and h.address = lower(r.address) and h.kind is not null) as unsubscribed,
    {_HOLD}, r.version, r.created_at, r.updated_at
from mail_recipient r
"""  # noqa: S608 - own texts alone
_DELIVERY = f"""
    d.id, d.recipient_id, d.kind, d.event_id, d.event_type, d.client_id, d.address, d.language, d.state, d.attempt_count,
    d.next_attempt_at, d.job_id, d.last_status, {error_column("d")},
    d.accepted_at, d.reported_at, d.created_at, d.finished_at
"""
_ATTEMPTS = f"""
    (select coalesce(json_agg(attempt order by attempt.number desc), '[]') from (
        select a.number, a.started_at, a.duration_ms, a.status, a.answer, {error_column("a")}
        from mail_attempt a where a.tenant_id = d.tenant_id and a.delivery_id = d.id
        order by a.id desc limit 100
    ) as attempt) as attempts
"""  # noqa: S608 - own texts alone
_HOLDS = "select h.id, h.address, h.kind, h.code, h.reason, h.delivery_id, h.created_at from mail_hold h"
RECIPIENT_ORDERS = {
    "created_at": Order("created_at", "r.id"),
    "-created_at": Order("created_at", "r.id", descending=True),
}
DELIVERY_ORDERS = {"-created_at": Order("created_at", "d.id", descending=True)}
HOLD_ORDERS = {"-created_at": Order("created_at", "h.id", descending=True)}


def recipients(*, search: str | None, kind: str | None, client_id: UUID | None, place: Place) -> Query:
    """Return the query of one page of recipients."""
    conditions = Conditions()
    if search:
        conditions.add("(r.address ilike %(search)s or r.name ilike %(search)s)", search=like_pattern(search))
    conditions.add_given("%(kind)s = any(r.kinds)", kind=kind)
    conditions.add_given("(cardinality(r.client_ids) = 0 or %(client_id)s::uuid = any(r.client_ids))", client_id=client_id)
    return page_query(_RECIPIENT, conditions, place, id_column="r.id")


def recipient(recipient_id: UUID) -> Query:
    """Return the query of one recipient."""
    return Query(_RECIPIENT + " where r.id = %(id)s", {"id": recipient_id})


def deliveries(
    *,
    recipient_id: UUID | None,
    states: tuple[str, ...],
    kind: str | None,
    client_id: UUID | None,
    since: datetime | None,
    until: datetime | None,
    place: Place,
) -> Query:
    """Return the query of one page of mails."""
    conditions = Conditions()
    conditions.add_given("d.recipient_id = %(recipient_id)s", recipient_id=recipient_id)
    conditions.add_given("d.state = any(%(states)s)", states=list(states))
    conditions.add_given("d.kind = %(kind)s", kind=kind)
    conditions.add_given("d.client_id = %(client_id)s", client_id=client_id)
    conditions.add_given("d.created_at >= %(since)s", since=since)
    conditions.add_given("d.created_at < %(until)s", until=until)
    select = f"select {_DELIVERY} from mail_delivery d"  # noqa: S608 - own texts alone
    return page_query(select, conditions, place, id_column="d.id")


def delivery(delivery_id: UUID) -> Query:
    """Return the query of one mail with its attempts, the newest first, 100 at most."""
    return Query(
        f"select {_DELIVERY}, {_ATTEMPTS} from mail_delivery d where d.id = %(id)s",  # noqa: S608 - own texts alone
        {"id": delivery_id},
    )


def holds(*, code: str | None, search: str | None, place: Place) -> Query:
    """Return the query of one page of addresses on hold."""
    conditions = Conditions()
    conditions.add_given("h.code = %(code)s", code=code)
    if search:
        conditions.add("h.address ilike %(search)s", search=like_pattern(search))
    return page_query(_HOLDS, conditions, place, id_column="h.id")


def report_file(report_id: UUID, file_format: str) -> Query:
    """Return the query of a ready file of a report that is there."""
    return Query(
        "select f.blob_path, f.file_name, f.content_type from report_file f"
        " join report r on r.tenant_id = f.tenant_id and r.id = f.report_id"
        " where f.report_id = %(report_id)s and f.format = %(format)s and f.state = 'ready' and r.deleted_at is null",
        {"report_id": report_id, "format": file_format},
    )
