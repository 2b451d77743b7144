"""Celery's results: tables by migration alone, private, and removed when their time is over."""

import psycopg
import pytest
from celery.backends.database.models import TaskExtended, TaskSet
from sqlalchemy import inspect, text
from sqlalchemy.exc import ProgrammingError

from shared.database.session import Database
from shared.queue import results


def test_the_tables_have_every_column_that_celery_knows(database: Database) -> None:
    inspector = inspect(database.engine)
    for model in (TaskExtended, TaskSet):
        there = {column["name"] for column in inspector.get_columns(model.__tablename__, schema=results.SCHEMA)}
        assert there == {column.name for column in model.__table__.columns}


def test_the_application_cannot_change_the_schema(database: Database) -> None:
    with database.engine.begin() as connection, pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text("create table celery_results.more (id int)"))


def test_nobody_else_may_look_at_results(superuser: psycopg.Connection) -> None:
    grants = "select grantee::regrole::text from pg_namespace, aclexplode(nspacl) where nspname = 'celery_results'"
    assert {row[0] for row in superuser.execute(grants)} == {"advisor_owner", "advisor_app", "advisor_system"}


def test_expired_results_are_removed_and_others_stay(database: Database, system_database: Database) -> None:
    insert = text(
        "insert into celery_results.celery_taskmeta (task_id, status, date_done) "
        "values (gen_random_uuid(), 'SUCCESS', now() at time zone 'utc' - :age * interval '1 second') returning task_id"
    )
    with database.engine.begin() as connection:
        ages = {age: connection.scalar(insert, {"age": age}) for age in (10, 4000)}
    assert results.remove_expired(system_database, lifetime_s=3600) >= 1
    with database.engine.begin() as connection:
        left = set(connection.scalars(text("select task_id from celery_results.celery_taskmeta")))
    assert ages[10] in left
    assert ages[4000] not in left
