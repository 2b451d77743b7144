"""The way of bulk rows into a table with row-level security: COPY into a stage, and from there by INSERT … SELECT."""

from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy.orm import Session


class Stage:
    """The temporary table by which rows reach one table; made when the first row comes."""

    def __init__(
        self, connection: psycopg.Connection[Any], table: str, columns: tuple[str, ...], tenant_id: UUID, snapshot_id: UUID
    ) -> None:
        self._connection = connection
        self._made = False
        stage, names = sql.Identifier(f"stage_{table}"), sql.SQL(", ").join(map(sql.Identifier, columns))
        self._create = sql.SQL("create temporary table {} on commit drop as select {} from {} with no data").format(
            stage, names, sql.Identifier(table)
        )
        self._copy = sql.SQL("copy {} ({}) from stdin").format(stage, names)
        self._insert = sql.SQL("insert into {} (tenant_id, snapshot_id, {}) select {}, {}, {} from {}").format(
            sql.Identifier(table), names, tenant_id, snapshot_id, names, stage
        )
        self._empty = sql.SQL("truncate {}").format(stage)

    def write(self, lines: bytes) -> None:
        """File ``lines``."""
        if not lines:
            return
        with self._connection.cursor() as cursor:
            if not self._made:
                cursor.execute(self._create)
                self._made = True
            with cursor.copy(self._copy) as copy:
                copy.write(lines)
            cursor.execute(self._insert)
            cursor.execute(self._empty)


def driver_connection(session: Session) -> psycopg.Connection[Any]:
    """Return psycopg's own connection of a session."""
    connection = session.connection().connection.driver_connection
    if not isinstance(connection, psycopg.Connection):
        raise TypeError("bulk writes need psycopg's connection")
    return connection
