"""A history that was just written, of which the planner knows nothing, is read by steps that grow as it does, not faster."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.comparison import comparing, mark_store
from tests.integration.comparison.conftest import Estate
from tests.shares import share_fixtures

# The planner must not know either what other tests wrote of other clients.
product_environment, settings, database, system_database, owner = share_fixtures("module")

_FINDINGS = 3_000
# Each finding is known from exports and from Azure, and every hundredth bears a mark.
_FILL = """
insert into finding (tenant_id, client_id, fingerprint, cross_key, from_portal, first_seen_at, last_seen_at)
    select :tenant, :client, decode(md5(n || source), 'hex'), decode(md5(n::text), 'hex'), source = 'portal',
        now() - interval '1 day' * n, now()
    from generate_series(1, :findings / 2) n, unnest('{portal,api}'::text[]) source;
insert into finding_mark (id, tenant_id, client_id, fingerprint, status, marked_by)
    select gen_random_uuid(), :tenant, :client, decode(md5(n || 'api'), 'hex'), 'planned', 'somebody'
    from generate_series(1, :findings / 2, 100) n;
"""


@pytest.fixture
def just_written(estate: Estate) -> Iterator[Session]:
    """The transaction that wrote the history."""
    given = {"tenant": estate.tenant_id, "client": estate.client_id, "findings": _FINDINGS}
    with estate.database.tenant(estate.tenant_id) as session:
        for statement in filter(str.strip, _FILL.split(";\n")):
            session.execute(text(statement), given)
        yield session


def test_when_findings_were_first_seen(estate: Estate, just_written: Session) -> None:
    statement = comparing._KNOWN.replace("{client_id}", f"'{estate.client_id}'")
    assert _rows_touched(just_written, statement, {}) < 10 * _FINDINGS
    ages = just_written.execute(text("select count(distinct first_seen_at) from finding")).scalar_one()
    assert ages == _FINDINGS / 2


def test_no_marks(estate: Estate, just_written: Session) -> None:
    just_written.execute(text("delete from finding_mark"))
    assert _rows_touched(just_written, mark_store._OF_REPORT.text, {"client_id": estate.client_id}) < 10 * _FINDINGS


def test_marks(estate: Estate, just_written: Session) -> None:
    assert _rows_touched(just_written, mark_store._OF_REPORT.text, {"client_id": estate.client_id}) < 10 * _FINDINGS
    assert len(mark_store.marks_of(just_written, estate.client_id)) == 2 * _FINDINGS / 2 / 100


def _rows_touched(session: Session, statement: str, parameters: dict[str, object]) -> float:
    """Carry the statement out and return how many rows its plan's nodes gave or threw away, all together."""
    plan = session.execute(text(f"explain (analyze, timing off, format json) {statement}"), parameters).scalar_one()
    return _touched(plan[0]["Plan"])


def _touched(node: dict[str, Any]) -> float:
    thrown_away = sum(count for name, count in node.items() if name.startswith("Rows Removed"))
    here: float = (node["Actual Rows"] + thrown_away) * node["Actual Loops"]
    return here + sum(map(_touched, node.get("Plans", ())))
