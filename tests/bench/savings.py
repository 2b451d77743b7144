"""Counting the savings of a million offers, and matching the findings of two large snapshots.

The count is one thread that waits for nothing, so its own processor time is its time on an idle machine.
"""

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from shared.comparison import comparing, history
from shared.comparison.result import ChangeKind
from shared.comparison.sides import Side
from shared.database.tables import Client, Report, Snapshot
from shared.identifiers import new_id
from shared.reports.options import ReportScope
from shared.savings import count_savings
from shared.snapshots.writer import SnapshotSource, write_snapshot
from tests.bench import ground
from tests.bench.children import run_child
from tests.bench.ground import Ground
from tests.bench.measure import Contender, Finding, Options, interleave, timed
from tests.bench.offers import offers


def measure(options: Options) -> Iterator[Finding]:
    """Yield time and memory of the count, and the time of a comparison."""
    count = options.size(1_000_000, quick=50_000)
    rounds = options.rounds_or(3)
    making, counting = contenders = (
        Contender("making", lambda: _make(count)),
        Contender("counting", lambda: _count(count)),
    )
    interleave(contenders, rounds)
    yield Finding(
        f"savings of {count:,} offers, with making them", counting.median, "CPU s", 10, at_most=True, note=counting.spread
    )
    yield Finding("making the offers alone", making.median, "CPU s", note=making.spread)
    memory = run_child("tests.bench.counting_child", str(count), environment={})
    yield Finding(f"peak RSS, {count:,} offers as a stream", float(memory["peak_rss_mb"]), "MB", 400, at_most=True)
    rows = options.size(100_000, quick=5_000)
    with ground.prepared() as here:
        noting = Contender("noting", lambda: 0.0)
        comparing_rows = Contender("comparing", lambda: _compare(here, rows, noting))
        for _ in range(options.rounds_or(3)):
            comparing_rows.figures.append(comparing_rows.run())
        yield Finding(f"entering {rows:,} findings into a client's history", noting.median, "s", note=noting.spread)
        yield Finding(
            f"comparing {rows:,} findings with {rows:,}", comparing_rows.median, "s", 10, at_most=True,
            note=comparing_rows.spread,
        )  # fmt: skip


def _make(count: int) -> float:
    began = time.process_time()
    for _ in offers(count):
        pass
    return time.process_time() - began


def _count(count: int) -> float:
    began = time.process_time()
    savings = count_savings(offers(count))
    took = time.process_time() - began
    [line] = savings.by_currency
    if line.naive_number != count or not 0 < line.counted_amount < line.naive_amount:
        raise AssertionError(f"{line.naive_number:,} of {count:,} offers were looked at")
    return took


def _compare(here: Ground, rows: int, noting: Contender) -> float:
    """Compare two snapshots of which a tenth each is gone, new and changed; how long noting one took goes to ``noting``."""
    client_id, database = new_id(), here.services.database
    rng = random.Random(7)
    now = list(offers(rows))
    then = [row for row in now if rng.random() > 0.1]
    now = [
        msgspec.structs.replace(row, annual_savings=Decimal(1)) if rng.random() < 0.1 else row for row in now[rows // 10 :]
    ]
    snapshots = []
    with database.tenant(here.tenant_id) as session:
        session.add(Client(id=client_id, tenant_id=here.tenant_id, name="Compared"))
    for month, one in enumerate((then, now)):
        with database.tenant(here.tenant_id) as session:
            source = SnapshotSource(
                client_id=client_id, source="upload", source_format="rest_json", file_name="f", taken_at_is_exact=True,
                taken_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=30 * month),
            )  # fmt: skip
            written = write_snapshot(session, here.tenant_id, source, one, on_batch=lambda _: None)
            snapshots.append(session.get_one(Snapshot, written.snapshot_id))
    with database.tenant(here.tenant_id) as session:
        report = Report(
            id=new_id(), tenant_id=here.tenant_id, client_id=client_id, title="T", report_type="detailed", source="upload",
            formats=["csv"],
        )  # fmt: skip
        session.add(report)
    here.settle()
    savings = [count_savings(then), count_savings(now)]
    for snapshot in snapshots:
        with timed() as watch, database.tenant(here.tenant_id) as session:
            history.note_findings(session, snapshot.id)
    noting.figures.append(watch.seconds)
    with timed() as watch, database.tenant(here.tenant_id) as session:
        earlier, current = (
            Side(snapshot, ReportScope(), (), counted) for snapshot, counted in zip(snapshots, savings, strict=True)
        )
        comparison = comparing.compare(session, here.tenant_id, report.id, earlier=earlier, current=current)
    if not all(comparison.counts[kind] for kind in (ChangeKind.NEW, ChangeKind.RESOLVED, ChangeKind.CHANGED)):
        raise AssertionError(f"nothing was found: {comparison.counts}")
    return watch.seconds
