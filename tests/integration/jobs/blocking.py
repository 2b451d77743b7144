"""Making a worker stand still at a chosen place: a lock on a table that its next statement needs."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from tests.integration.jobs.waiting import until


class Blocked:
    """A table that is locked."""

    def __init__(self, connection: psycopg.Connection, table: str) -> None:
        self._connection = connection
        self._table = table

    def wait_for_someone(self) -> None:
        """Wait until somebody waits for the table."""
        # Databases are copies of one: a table has the same number in the databases of other tests.
        waiting = (
            "select 1 from pg_locks l join pg_database d on d.oid = l.database"
            " where d.datname = current_database() and l.relation = %s::regclass and not l.granted"
        )
        until(lambda: self._connection.execute(waiting, [self._table]).fetchone(), f"somebody to need {self._table}")

    def release(self) -> None:
        """Let everybody go on."""
        self._connection.rollback()


@contextmanager
def blocked(superuser: psycopg.Connection, table: str, mode: str) -> Iterator[Blocked]:
    """Lock ``table``: ``share`` holds up writers, ``access exclusive`` everybody."""
    superuser.autocommit = False
    superuser.execute(sql.SQL("lock table {} in {} mode").format(sql.Identifier(table), sql.SQL(mode)))
    try:
        yield Blocked(superuser, table)
    finally:
        superuser.rollback()
        superuser.autocommit = True
