"""The lists that people page through, and what the workers ask all the time, are answered from an index."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from shared.database.reading import Query
from shared.database.session import Database
from shared.reporting import clients, job_lists, recommendations, rejected_rows, report_lists
from shared.reporting.listing import Place, Position
from shared.reporting.recommendations import Filter
from tests.shares import share_fixtures
from tests.tenants import add_tenant

_ROWS = 3_000
_PAGE = 20
_AFTER = Position("m", "01a201c9-f3e0-75c0-adcc-255f9733b2d8")
# One row a number, each in its own place in every order; ids are random, which suffices for plans.
_FILL = """
insert into client (id, tenant_id, name) select gen_random_uuid(), :tenant, 'Client ' || n from generate_series(1, :rows) n;
insert into snapshot
    (id, tenant_id, client_id, source, source_format, taken_at, taken_at_is_exact, accepted_count, rejected_count)
    select gen_random_uuid(), :tenant, id, 'upload', 'portal_csv', now(), false, n % 500, 0
    from (select id, row_number() over () as n from client where tenant_id = :tenant) numbered;
insert into report (id, tenant_id, client_id, snapshot_id, title, report_type, source, formats)
    select gen_random_uuid(), :tenant, id,
        (select id from snapshot where tenant_id = :tenant and accepted_count = 1 limit 1),
        name, 'detailed', 'upload', '{pdf}' from client where tenant_id = :tenant;
insert into report_file (id, tenant_id, report_id, format, file_name, content_type)
    select gen_random_uuid(), :tenant, id, 'pdf', 'r.pdf', 'application/pdf' from report where tenant_id = :tenant;
insert into job (id, tenant_id, report_id, kind, queue, priority, max_attempts, run_after, state, finished_at)
    select gen_random_uuid(), :tenant, id, 'generate_report', 'reports', 3, 3, now(), 'succeeded', now()
    from report where tenant_id = :tenant;
insert into rejected_row (id, tenant_id, snapshot_id, line, column_name, value, reason_code, reason)
    select gen_random_uuid(), :tenant, s.id, n, '', '', '', '' from generate_series(1, :rows / 5) n, snapshot s
    where s.tenant_id = :tenant and s.accepted_count = 1;
insert into finding (tenant_id, client_id, fingerprint, cross_key, from_portal, first_seen_at, last_seen_at)
    select :tenant, id, decode(md5(id::text), 'hex'), decode(md5(id::text), 'hex'), true, now(), now() from client
    where tenant_id = :tenant;
insert into finding_mark (id, tenant_id, client_id, fingerprint, status, marked_by)
    select gen_random_uuid(), :tenant, client_id, fingerprint, 'planned', 'somebody' from finding where tenant_id = :tenant;
insert into recommendation
    select :tenant, s.id, gen_random_uuid(), decode(md5(n::text), 'hex'), 'Cost', 'Cost',
        (array['High', 'Medium', 'Low'])[1 + n % 3], '', 'Problem ' || n, '', '', '', '', '', '', '', 'Resource ' || n, '',
        '', n, 'USD', '', null, '', '', '', null, null, '', '{}'
    from generate_series(1, :rows) n, snapshot s
    where s.tenant_id = :tenant and s.accepted_count = 1;
"""


# Which way is chosen hangs on what is in the tables: nothing but the following.
product_environment, settings, database, system_database, owner = share_fixtures("module")


@pytest.fixture(scope="module")
def crowd(database: Database, system_database: Database, owner: Engine) -> UUID:
    """A tenant that has thousands of everything, as the planner knows."""
    tenant_id = add_tenant(system_database)
    with database.tenant(tenant_id) as session:
        for statement in _FILL.split(";\n"):
            if statement.strip():
                session.execute(text(statement), {"tenant": tenant_id, "rows": _ROWS})
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for name in (
            *("client", "snapshot", "report", "report_file", "job", "rejected_row", "recommendation"),
            *("finding", "finding_mark"),
        ):
            connection.exec_driver_sql(f"vacuum analyze {name}")
    return tenant_id


@pytest.fixture
def crowded(database: Database, crowd: UUID) -> Iterator[Session]:
    """A transaction of that tenant."""
    with database.tenant(crowd) as session:
        yield session


def test_reports_newest_first(crowded: Session) -> None:
    query = report_lists.listing(report_lists.Filter(), place=Place(report_lists.ORDERS["-created_at"], _PAGE, _AFTER))
    assert "report_newest" in _indexes(crowded, query)


def test_reports_of_a_client(crowded: Session) -> None:
    wanted = report_lists.Filter(client_id=_one(crowded, "client"))
    query = report_lists.listing(wanted, place=Place(report_lists.ORDERS["-created_at"], _PAGE))
    assert "report_of_client" in _indexes(crowded, query)


def test_one_report_with_its_files_and_jobs(crowded: Session) -> None:
    used = _indexes(crowded, report_lists.reading(_one(crowded, "report")))
    assert {"report_file_tenant_id_report_id_format_key", "job_of_report"} <= used


def test_clients_by_name(crowded: Session) -> None:
    crowded.execute(text("set local enable_sort = off"))
    query = clients.listing(search=None, status=None, place=Place(clients.ORDERS["name"], _PAGE, _AFTER))
    assert "client_by_name" in _indexes(crowded, query)


def test_jobs_newest_first(crowded: Session) -> None:
    order = job_lists.ORDERS["-created_at"]
    query = job_lists.listing(states=(), kind=None, report_id=None, place=Place(order, _PAGE, _AFTER))
    assert "job_newest" in _indexes(crowded, query)


@pytest.mark.parametrize(
    ("order", "wanted", "index"),
    [
        ("source", Filter(), "recommendation_pkey"),
        ("source", Filter(categories=("Security",), impacts=("High",)), "recommendation_by_kind"),
        ("-annual_savings", Filter(), "recommendation_by_savings"),
        ("resource", Filter(), "recommendation_by_resource"),
    ],
)
def test_recommendations(crowded: Session, order: str, wanted: Filter, index: str) -> None:
    if not wanted.categories:
        # The promise is that no page needs sorting; whether sorting this few would be as quick is no matter.
        crowded.execute(text("set local enable_sort = off"))
    query = recommendations.listing(_snapshot(crowded), wanted, place=Place(recommendations.ORDERS[order], _PAGE))
    assert index in _indexes(crowded, query)


def test_rejected_rows(crowded: Session) -> None:
    query = rejected_rows.listing(_snapshot(crowded), reason_code=None, place=Place(rejected_rows.ORDERS["line"], _PAGE))
    assert "rejected_row_of_snapshot" in _indexes(crowded, query)


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ("state = 'running' and lease_expires_at < now()", "job_leased"),
        ("state = 'queued' and run_after <= now()", "job_waiting"),
        ("finished_at < now() - interval '90 days'", "job_finished"),
    ],
)
def test_sweep_looks_only_at_what_may_need_it(
    crowded: Session, system_database: Database, condition: str, index: str
) -> None:
    with system_database.engine.connect() as connection:
        assert index in _used(connection, f"select id from job where {condition}", {})


def _indexes(session: Session, query: Query) -> set[str]:
    return _used(session.connection(), query.statement, dict(query.parameters))


def _used(connection: Connection, statement: str, parameters: dict[str, object]) -> set[str]:
    """Return the indexes of the plan; no table that grows is read from end to end."""
    plan = connection.exec_driver_sql(f"explain (format json) {statement}", parameters).scalar_one()
    nodes = list(_nodes(plan[0]["Plan"]))
    read_whole = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
    assert not read_whole, f"read from end to end: {read_whole}"
    return {node["Index Name"] for node in nodes if "Index Name" in node}


def _nodes(node: dict[str, object]) -> Iterator[dict[str, str]]:
    yield node  # type: ignore[misc]
    for below in node.get("Plans", ()):  # type: ignore[attr-defined]
        yield from _nodes(below)


def _snapshot(session: Session) -> UUID:
    """Return the id of the snapshot that has the rows."""
    return UUID(str(session.scalar(text("select snapshot_id from report limit 1"))))


def _one(session: Session, table: str) -> UUID:
    return UUID(str(session.scalar(text(f"select id from {table} limit 1"))))
