"""What runs day and night on tables that grow finds its rows by an index."""

from collections.abc import Iterator, Mapping
from uuid import UUID

import pytest
from sqlalchemy import Connection

from shared.audit import audit_lists
from shared.audit.audit_lists import Filter
from shared.credential_health import health_lists
from shared.database.reading import Query
from shared.database.session import Database
from shared.reporting.listing import Place, Position
from shared.scheduling import schedule_lists
from shared.upkeep.removals import DELETED_REPORTS, MFA_REMOVALS, REMOVALS, Removal

_UNDISPATCHED = (
    "select id from domain_event where dispatched_at is null and dispatch_after <= now() order by dispatch_after, id limit 9"
)
_SOME_ID = "01a201c9-f3e0-75c0-adcc-255f9733b2d8"


def _plan(connection: Connection, statement: str, parameters: Mapping[str, object]) -> list[dict[str, str]]:
    """Return the nodes of the plan that the server makes where it may read no table from end to end if it can help it."""
    # Whether another way were quicker for the few rows of a test is no matter.
    for way in ("seqscan", "bitmapscan", "sort"):
        connection.exec_driver_sql(f"set local enable_{way} = off")
    plan = connection.exec_driver_sql(f"explain (format json) {statement}", dict(parameters)).scalar_one()
    return list(_nodes(plan[0]["Plan"]))


def _nodes(node: dict[str, object]) -> Iterator[dict[str, str]]:
    yield node  # type: ignore[misc]
    for below in node.get("Plans", ()):  # type: ignore[attr-defined]
        yield from _nodes(below)


def _assert_found_by_index(nodes: list[dict[str, str]], table: str) -> None:
    whole = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
    assert table not in whole
    conditions = [node["Index Cond"] for node in nodes if node.get("Relation Name") == table and "Index Cond" in node]
    assert conditions


@pytest.mark.parametrize("removal", [*REMOVALS, *MFA_REMOVALS, DELETED_REPORTS], ids=lambda removal: removal.name)
def test_old_rows_are_found_by_tenant_and_age(database: Database, tenant: UUID, removal: Removal) -> None:
    statement = str(removal.delete).replace(":tenant", "%(tenant)s").replace(":before", "%(before)s")
    given = {"tenant": str(tenant), "before": "2026-01-01T00:00:00Z"}
    with database.tenant(tenant) as session:
        nodes = _plan(session.connection(), statement.replace(":limit", "100"), given)
    _assert_found_by_index(nodes, removal.table)
    assert not [node for node in nodes if node["Node Type"] == "Sort"], "the oldest come first without sorting"


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("select id from schedule where next_run_at <= now() order by next_run_at limit 500", "schedule"),
        ("select id from job where state = 'queued' and expires_at <= now() order by id limit 100", "job"),
        ("select event_id from audit_unsealed order by event_id limit 500", "audit_unsealed"),
        (_UNDISPATCHED, "domain_event"),
        ("select tenant_id from credential_health where next_check_at <= now()", "credential_health"),
    ],
)
def test_ticks_read_only_what_is_due(system_database: Database, statement: str, table: str) -> None:
    with system_database.across_tenants() as session:
        nodes = _plan(session.connection(), statement, {})
    assert table not in {node.get("Relation Name") for node in nodes if node["Node Type"] == "Seq Scan"}


@pytest.mark.parametrize(
    "wanted", [Filter(), Filter(types=("key.created",)), Filter(actor_id=UUID(_SOME_ID)), Filter(target_id=UUID(_SOME_ID))]
)
def test_pages_of_the_audit_log_come_from_an_index(database: Database, tenant: UUID, wanted: Filter) -> None:
    after = Position("2026-01-01T00:00:00Z", _SOME_ID)
    query = audit_lists.listing(wanted, place=Place(audit_lists.ORDERS["-occurred_at"], 20, after))
    _assert_query(database, tenant, query, "audit_event")


def test_pages_of_runs_come_from_an_index(database: Database, tenant: UUID) -> None:
    order = schedule_lists.NEWEST_FIRST["-created_at"]
    query = schedule_lists.runs(UUID(_SOME_ID), states=(), place=Place(order, 20))
    _assert_query(database, tenant, query, "schedule_run")


def test_pages_of_checks_come_from_an_index(database: Database, tenant: UUID) -> None:
    order = health_lists.CHECK_ORDERS["-checked_at"]
    query = health_lists.checks(UUID(_SOME_ID), states=(), place=Place(order, 20))
    _assert_query(database, tenant, query, "credential_check")


def _assert_query(database: Database, tenant: UUID, query: Query, table: str) -> None:
    with database.tenant(tenant) as session:
        nodes = _plan(session.connection(), query.statement, dict(query.parameters))
    _assert_found_by_index(nodes, table)
