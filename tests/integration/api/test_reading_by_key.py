"""Reads by key: nothing is read before the key was recognised, and nothing of a reader stays behind."""

from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text

from shared.access import hash_key
from shared.database import reading
from shared.database.reading import Query, read_as_key_holder
from shared.database.session import Database
from tests.integration.api.conftest import MakeKey


def test_tenant_is_known_before_the_first_row_is_read(
    database: Database, tenant: UUID, other_tenant: UUID, make_key: MakeKey
) -> None:
    query = Query("select current_tenant_id() as tenant, (select count(*) from api_key) as keys", {})
    keys = {tenant: make_key(tenant), other_tenant: make_key(other_tenant)}
    # Often enough for the driver to prepare the statement and for PostgreSQL to settle on a plan for any key.
    for _ in range(12):
        for owner, key in keys.items():
            answer = read_as_key_holder(database.engine, hash_key(key), query)
            assert answer is not None
            assert answer.holder.tenant_id == owner
            assert answer.rows == [{"tenant": str(owner), "keys": 1}]
        assert read_as_key_holder(database.engine, bytes(32), query) is None


def test_nothing_of_the_last_reader_stays_on_the_connection(database: Database, tenant: UUID, make_key: MakeKey) -> None:
    read_as_key_holder(database.engine, hash_key(make_key(tenant)), Query("select 1 as one", {}))
    assert _tenant_left_on(database.engine) is None


def _tenant_left_on(engine: Engine) -> Any:
    with engine.connect() as connection:
        return connection.scalar(text("select current_tenant_id()"))


def test_module_reads_in_an_open_transaction_too(database: Database, tenant: UUID) -> None:
    with database.tenant(tenant) as session:
        assert reading.read_in(session, Query("select %(n)s::int as n", {"n": 3})) == [{"n": 3}]
