"""Migrations: they reach what the code expects, twice, and from several processes at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, text

from shared.database import schema
from shared.database.tables import Base


def test_migrations_make_what_the_tables_say(owner: Engine) -> None:
    with owner.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = [item for item in compare_metadata(context, Base.metadata) if _matters(item)]
    assert differences == []


def test_nullable_columns_are_those_the_tables_say(owner: Engine) -> None:
    with owner.connect() as connection:
        found = connection.execute(
            text(
                "select table_name, column_name from information_schema.columns"
                " where table_schema = 'public' and is_nullable = 'YES'"
            )
        ).all()
    expected = {
        (table.name, column.name) for table in Base.metadata.tables.values() for column in table.columns if column.nullable
    }
    assert {(row.table_name, row.column_name) for row in found} == expected


def test_upgrading_twice_changes_nothing(empty: Engine) -> None:
    assert schema.current_revision(empty) is None
    assert schema.upgrade(empty) == schema.upgrade(empty) == schema.verify(empty)


def test_several_may_upgrade_at_once(empty: Engine) -> None:
    with ThreadPoolExecutor(3) as threads:
        reached = set(threads.map(lambda _: schema.upgrade(empty), range(3)))
    assert reached == {schema.expected_revision()}


def test_database_that_was_never_migrated_is_refused_with_the_next_step(empty: Engine) -> None:
    with pytest.raises(schema.SchemaMismatchError, match="at schema revision none") as refused:
        schema.verify(empty)
    assert "python -m worker migrate" in refused.value.next_step


def _matters(difference: object) -> bool:
    # Indexes and unique constraints are the migrations' own: no query of the code speaks of them.
    kind = difference[0] if isinstance(difference, tuple) else ""
    return kind not in {"remove_index", "remove_constraint", "add_constraint"}
