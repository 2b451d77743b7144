"""Reading a snapshot: as a stream, from its start any number of times."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC
from typing import Any, Final
from uuid import UUID

import orjson
import psycopg
from psycopg import sql
from psycopg.types.json import set_json_loads

from shared.advisor.recommendation import Recommendation, RejectedRow
from shared.advisor.standing import Standing
from shared.advisor.vocabulary import Category, Impact
from shared.database.session import Database
from shared.reports.manual import ManualRecommendation
from shared.reports.options import ReportScope
from shared.snapshots.scope import condition_of

FETCH_ROWS = 2_000
"""So many rows a round trip, some hundred kilobytes."""

_CATEGORIES: Final = {category.value: category for category in Category}
_IMPACTS: Final = {impact.value: impact for impact in Impact}
_STANDINGS: Final = {standing.value: standing for standing in Standing}
# The table names its columns as the recommendation names its fields.
_COLUMNS = list(Recommendation.__struct_fields__)
_EVERYTHING: Final = ReportScope()
_REJECTED_COLUMNS = ["line", "column_name", "value", "reason_code", "reason", "file_name"]


class SnapshotRecommendations:
    """The recommendations of one snapshot in the order of their source, behind them those that were added by hand.

    Every iteration is a read transaction of its own that ends with it. ``on_rows`` is called every 2,000 rows and may raise
    to stop. ``scope`` leaves out what a report is not about; what was added by hand is never left out.
    """

    def __init__(
        self,
        database: Database,
        tenant_id: UUID,
        snapshot_id: UUID,
        *,
        on_rows: Callable[[], None],
        scope: ReportScope = _EVERYTHING,
        manual: Sequence[ManualRecommendation] = (),
    ) -> None:
        self._database = database
        self._tenant_id = tenant_id
        self._snapshot_id = snapshot_id
        self._on_rows = on_rows
        self._scope = scope
        self._manual = manual

    def __iter__(self) -> Iterator[Recommendation]:
        batches = _batches(self._database, self._tenant_id, self._snapshot_id, "recommendation", _COLUMNS, scope=self._scope)
        for batch in batches:
            for values in batch:
                yield _recommendation(values)
            self._on_rows()
        for given in self._manual:
            yield given.as_recommendation()


class SnapshotRejectedRows:
    """The rows of one snapshot's source that were rejected, in the order of the source."""

    def __init__(self, database: Database, tenant_id: UUID, snapshot_id: UUID) -> None:
        self._database = database
        self._tenant_id = tenant_id
        self._snapshot_id = snapshot_id

    def __iter__(self) -> Iterator[RejectedRow]:
        for batch in _batches(self._database, self._tenant_id, self._snapshot_id, "rejected_row", _REJECTED_COLUMNS):
            for line, column, value, reason_code, reason, file_name in batch:
                yield RejectedRow(
                    line=line, column=column, value=value, reason_code=reason_code, reason=reason, file_name=file_name
                )


def _batches(
    database: Database,
    tenant_id: UUID,
    snapshot_id: UUID,
    table: str,
    columns: list[str],
    *,
    scope: ReportScope = _EVERYTHING,
) -> Iterator[list[tuple[Any, ...]]]:
    condition, parameters = condition_of(scope)
    query = sql.SQL("select {} from {} where snapshot_id = {} and {} order by id").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.Identifier(table),
        snapshot_id,
        sql.SQL(condition),
    )
    with database.tenant(tenant_id) as session:
        connection = session.connection().connection.driver_connection
        if not isinstance(connection, psycopg.Connection):
            raise TypeError("streams need psycopg's connection")
        with connection.cursor(name="snapshot", row_factory=psycopg.rows.tuple_row) as cursor:
            # The extras of each row, which take a fifth of the time by Python's own reader.
            set_json_loads(orjson.loads, cursor)
            cursor.execute(query, parameters)
            while batch := cursor.fetchmany(FETCH_ROWS):
                yield batch


def _recommendation(values: tuple[Any, ...]) -> Recommendation:
    fields = dict(zip(_COLUMNS, values, strict=True))
    fields["category"] = _CATEGORIES[fields["category"]]
    fields["impact"] = _IMPACTS[fields["impact"]]
    fields["standing"] = _STANDINGS[fields["standing"]]
    for name in ("updated_at", "standing_until"):
        if fields[name] is not None:
            fields[name] = fields[name].astimezone(UTC)
    return Recommendation(**fields)
