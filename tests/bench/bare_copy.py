"""The limit of bulk writes: the server itself reads a file of ready lines, without row-level security and foreign keys."""

from collections.abc import Sequence
from pathlib import Path

from shared.advisor.exports import open_export
from shared.advisor.recommendation import Recommendation
from shared.identifiers import new_id
from shared.snapshots import copy_text
from tests.bench.ground import Ground
from tests.bench.measure import Contender, timed
from tests.generators.estate import Estate
from tests.generators.portal_csv import save_portal_csv

TABLE = "bench_raw"


def make_table(here: Ground, table: str = TABLE) -> None:
    """Make a table with the columns, checks, primary key and indexes of recommendations."""
    with here.superuser() as connection:
        connection.execute(f"create table {table} (like recommendation including all)".encode())
        connection.execute(f"grant all on {table} to {here.services.database.target.user}".encode())


def empty(here: Ground, table: str = TABLE) -> None:
    """Empty a table, and let the server write out what that leaves."""
    with here.superuser() as connection:
        connection.execute(f"truncate {table}".encode())
    here.settle()


def portal_rows(here: Ground, count: int) -> list[Recommendation]:
    """Return the recommendations of a portal CSV, as large as a report's usual ones are."""
    export = save_portal_csv(here.folder / "Advisor_2025-11-18T14_38_16.311Z.csv", Estate(rows=count))
    return [row for row in open_export(export, file_name=export.name).rows() if isinstance(row, Recommendation)]


def bare_copy(here: Ground, rows: Sequence[Recommendation]) -> Contender:
    """Return the contender that copies ``rows``; the table must be there."""
    lines = here.servers.postgres.folder.parent / "rows.copy"
    columns = ("tenant_id", "snapshot_id", *copy_text.RECOMMENDATION_COLUMNS)
    snapshot_id = new_id()
    with lines.open("w", encoding="utf-8", newline="") as file:
        for row in rows:
            file.write(f"{here.tenant_id}\t{snapshot_id}\t{copy_text.recommendation_line(row)}")
    lines.chmod(0o644)
    statement = f"copy {TABLE} ({', '.join(columns)}) from '{_quoted(lines)}'"

    def copy() -> float:
        empty(here)
        with here.superuser() as connection, timed() as watch:
            connection.execute(statement.encode())
        return watch.seconds

    return Contender("raw", copy)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
