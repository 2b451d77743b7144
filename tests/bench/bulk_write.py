"""Writing one snapshot, against the barest COPY and against Django's ``bulk_create``."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from shared.advisor.exports import open_export
from shared.advisor.recommendation import Recommendation
from shared.identifiers import new_id
from shared.snapshots import copy_text
from shared.snapshots.writer import SnapshotSource, write_snapshot
from tests.bench import django_peer, ground
from tests.bench.ground import Ground
from tests.bench.measure import Contender, Finding, Options, interleave, ratio, ratio_spread, timed
from tests.generators.estate import Estate
from tests.generators.portal_csv import save_portal_csv

_RAW_TABLE, _DJANGO_TABLE = "bench_raw", "bench_django"


def measure(options: Options) -> Iterator[Finding]:
    """Yield the rates of the three and the two ratios."""
    count = options.size(100_000, quick=10_000)
    with ground.prepared() as here:
        _make_peer_tables(here)
        export = save_portal_csv(here.folder / "Advisor_2025-11-18T14_38_16.311Z.csv", Estate(rows=count))
        rows = [row for row in open_export(export, file_name=export.name).rows() if isinstance(row, Recommendation)]
        ours, raw, django = contenders = (
            Contender("ours", lambda: _write(here, rows)),
            _raw_copy(here, rows),
            _django(here, rows),
        )
        interleave(contenders, options.rounds_or(5))
    for contender, name in zip(
        contenders,
        (
            "COPY to a stage, INSERT under row-level security",
            "raw COPY of a ready file, no row-level security",
            "Django bulk_create(batch_size=1000)",
        ),
        strict=True,
    ):
        yield Finding(name, count / contender.median, "rows/s", note=f"s: {contender.spread}")
    # Seconds: the peer's over ours is how many times its rate we have.
    yield Finding("rate against raw COPY", ratio(raw, ours), "x", 0.5, note=ratio_spread(raw, ours))
    yield Finding("rate against Django bulk_create", ratio(django, ours), "x", 4, note=ratio_spread(django, ours))


def _write(here: Ground, rows: list[Recommendation]) -> float:
    """Write rows that were read already, as the application's login, up to and including the commit."""
    here.forget_imports()
    source = SnapshotSource(
        client_id=here.client_id,
        source="upload",
        source_format="portal_csv",
        file_name="export.csv",
        taken_at=datetime.now(UTC),
        taken_at_is_exact=True,
    )
    with timed() as watch, here.services.database.tenant(here.tenant_id) as session:
        written = write_snapshot(session, here.tenant_id, source, rows, on_batch=lambda _: None)
    if written.accepted != len(rows):
        raise AssertionError(f"{written.accepted} of {len(rows)} rows were written")
    return watch.seconds


def _raw_copy(here: Ground, rows: list[Recommendation]) -> Contender:
    """Return the limit: the server itself reads a file of ready lines."""
    lines = here.servers.postgres.folder.parent / "rows.copy"
    columns = ("tenant_id", "snapshot_id", *copy_text.RECOMMENDATION_COLUMNS)
    snapshot_id = new_id()
    with lines.open("w", encoding="utf-8", newline="") as file:
        for row in rows:
            file.write(f"{here.tenant_id}\t{snapshot_id}\t{copy_text.recommendation_line(row)}")
    lines.chmod(0o644)
    statement = f"copy {_RAW_TABLE} ({', '.join(columns)}) from '{_quoted(lines)}'"

    def copy() -> float:
        _empty(here, _RAW_TABLE)
        with here.superuser() as connection, timed() as watch:
            connection.execute(statement.encode())
        return watch.seconds

    return Contender("raw", copy)


def _django(here: Ground, rows: list[Recommendation]) -> Contender:
    target = here.services.database.target
    password = here.servers.postgres.passwords.service
    django_peer.configure(host=target.host, port=target.port, database=target.database, user=target.user, password=password)
    snapshot_id = new_id()

    def create() -> float:
        _empty(here, _DJANGO_TABLE)
        # Rows are given away as they are written: what the models need is made before the clock runs.
        values = [django_peer.values_of(row, here.tenant_id, snapshot_id) for row in rows]
        with timed() as watch:
            django_peer.bulk_create(_DJANGO_TABLE, values)
        return watch.seconds

    return Contender("django", create)


def _make_peer_tables(here: Ground) -> None:
    with here.superuser() as connection:
        for table in (_RAW_TABLE, _DJANGO_TABLE):
            # Columns, checks, primary key and indexes; neither foreign key nor row-level security.
            statement = f"create table {table} (like recommendation including all)"
            connection.execute(statement.encode())
            connection.execute(f"grant all on {table} to {here.services.database.target.user}".encode())


def _empty(here: Ground, table: str) -> None:
    with here.superuser() as connection:
        connection.execute(f"truncate {table}".encode())
    here.settle()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
