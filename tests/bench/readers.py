"""Reading exports into recommendations, against the barest loop over the same bytes."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from shared.advisor.exports import open_export
from shared.advisor.json_items import CliItem
from shared.advisor.recommendation import RejectedRow
from tests.bench.measure import Contender, Finding, Options, interleave, ratio, ratio_spread, timed
from tests.generators.advisor_json import save_json
from tests.generators.estate import Estate
from tests.generators.portal_csv import save_portal_csv


def measure(options: Options) -> Iterator[Finding]:
    """Yield both rates for both kinds."""
    count = options.size(100_000, quick=10_000)
    rounds = options.rounds_or(5)
    with TemporaryDirectory(prefix="advisor-bench-") as name:
        portal = save_portal_csv(Path(name) / "advisor.csv", Estate(rows=count))
        cli = save_json(Path(name) / "advisor.json", Estate(rows=count), shape="cli")
        yield from _compared("portal CSV", portal, "bare csv.reader loop", _bare_csv, rounds)
        yield from _compared("az advisor JSON", cli, "bare msgspec decode to the same structures", _bare_json, rounds)


def _compared(what: str, path: Path, peer: str, bare: Callable[[Path], int], rounds: int) -> Iterator[Finding]:
    ours, limit = contenders = (
        Contender("ours", lambda: _rate(_read, path)),
        Contender("bare", lambda: _rate(bare, path)),
    )
    interleave(contenders, rounds)
    yield Finding(f"{what}: rows read, checked, fingerprinted", ours.median, "rows/s", note=ours.spread)
    yield Finding(f"{what}: {peer}", limit.median, "rows/s", note=limit.spread)
    yield Finding(f"{what}: rate against the bare loop", ratio(ours, limit), "x", note=ratio_spread(ours, limit))


def _rate(read: Callable[[Path], int], path: Path) -> float:
    with timed() as watch:
        rows = read(path)
    return rows / watch.seconds


def _read(path: Path) -> int:
    accepted = rejected = 0
    for row in open_export(path, file_name=path.name).rows():
        if type(row) is RejectedRow:
            rejected += 1
        else:
            accepted += 1
    if rejected:
        raise AssertionError(f"{rejected} rows were rejected")
    return accepted


def _bare_csv(path: Path) -> int:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def _bare_json(path: Path) -> int:
    return len(msgspec.json.decode(path.read_bytes(), type=list[CliItem]))
