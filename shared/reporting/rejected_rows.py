"""Rejected rows: what of an export could not become a recommendation, and why."""

from uuid import UUID

from shared.database.reading import Query
from shared.reporting.listing import Conditions, Order, Place, page_query

_SELECT = """
select id, file_name, line, column_name as "column", value, reason_code, reason from rejected_row
"""
# Ids are made in the order of the source, so they are the order of lines.
ORDERS = {"line": Order("line", "id")}


def listing(snapshot_id: UUID, *, reason_code: str | None, place: Place) -> Query:
    """Return the query of one page of the rejected rows of a snapshot, in the order of its source."""
    conditions = Conditions()
    conditions.add("snapshot_id = %(snapshot_id)s", snapshot_id=snapshot_id)
    conditions.add_given("reason_code = %(reason_code)s", reason_code=reason_code)
    return page_query(_SELECT, conditions, place)
