"""Writing one snapshot, against the barest COPY and against Django's ``bulk_create``."""

from collections.abc import Iterator
from datetime import UTC, datetime

from shared.advisor.recommendation import Recommendation
from shared.identifiers import new_id
from shared.snapshots.writer import SnapshotSource, write_snapshot
from tests.bench import bare_copy, django_peer, ground
from tests.bench.ground import Ground
from tests.bench.measure import Contender, Finding, Options, interleave, ratio, ratio_spread, timed

_DJANGO_TABLE = "bench_django"


def measure(options: Options) -> Iterator[Finding]:
    """Yield the rates of the three and the two ratios."""
    count = options.size(100_000, quick=10_000)
    with ground.prepared() as here:
        bare_copy.make_table(here)
        bare_copy.make_table(here, _DJANGO_TABLE)
        rows = bare_copy.portal_rows(here, count)
        ours, raw, django = contenders = (
            Contender("ours", lambda: _write(here, rows)),
            bare_copy.bare_copy(here, rows),
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


def _django(here: Ground, rows: list[Recommendation]) -> Contender:
    target = here.services.database.target
    password = here.servers.postgres.passwords.service
    django_peer.configure(host=target.host, port=target.port, database=target.database, user=target.user, password=password)
    snapshot_id = new_id()

    def create() -> float:
        bare_copy.empty(here, _DJANGO_TABLE)
        # Rows are given away as they are written: what the models need is made before the clock runs.
        values = [django_peer.values_of(row, here.tenant_id, snapshot_id) for row in rows]
        with timed() as watch:
            django_peer.bulk_create(_DJANGO_TABLE, values)
        return watch.seconds

    return Contender("django", create)
