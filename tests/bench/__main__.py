"""``python -m tests.bench [NAME ...] [--quick] [--rounds N]``: measure, compare with the targets, keep the figures."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.bench.measure import Finding, Options, timed

BENCHES = {
    "bulk_write": "100,000 recommendations into PostgreSQL, against raw COPY and Django",
    "front_import": "the whole front imported, against the packages of others that it uses",
    "import_file": "an export in Blob storage to committed rows, and its memory",
    "live_fetch": "5,000 simulated subscriptions to committed rows: rate, quota used, memory, calls",
    "readers": "CSV and JSON to recommendations, against bare loops",
    "job_latency": "from ordering a job to its start, against a bare Celery task",
    "report_list": "the report list over HTTP, against a bare FastAPI endpoint",
    "render": "report files of 1,000 and 10,000 recommendations, their memory, and PDF against a bare Typst compile",
    "savings": "savings of 1,000,000 offers; 100,000 findings compared with 100,000",
    "schedules": "100,000 due schedules claimed; ticks with nothing due among 1,000,000",
    "upkeep": "1,000,000 rows removed, and what readers notice",
    "soak": "1,000 roll-overs of tokens: failures, memory, threads, connections",
    "stack_start": "from `make start` to the API answering",
}
_OUT = Path("out/bench.json")


def main(arguments: list[str] | None = None) -> int:
    """Run the benches that were named and return 1 where a target was missed."""
    wanted = _parser().parse_args(arguments)
    unknown = [name for name in wanted.names if name not in BENCHES]
    if unknown:
        print(f"error: no such bench: {', '.join(unknown)}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    options = Options(quick=wanted.quick, rounds=wanted.rounds)
    missed = [finding for name in wanted.names or BENCHES for finding in _run(name, options) if finding.met is False]
    print(f"figures are in {_OUT}" + (f"; {len(missed)} targets missed" if missed else ""))
    # Small sizes have other figures; only full runs judge.
    return 1 if missed and not options.quick else 0


def _run(name: str, options: Options) -> list[Finding]:
    print(f"{name}: {BENCHES[name]} (load {os.getloadavg()[0]:.1f})", flush=True)
    measure: Callable[[Options], Iterable[Finding]] = import_module(f"tests.bench.{name}").measure
    findings, load_before = [], os.getloadavg()[0]
    with timed() as watch:
        for finding in measure(options):
            findings.append(finding)
            print(finding, flush=True)
    print(f"  ({watch.seconds:.0f} s)\n", flush=True)
    _keep(
        name,
        {
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "quick": options.quick,
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
            "load_before": load_before,
            "findings": [finding.as_dict() for finding in findings],
        },
    )
    return findings


def _keep(name: str, result: dict[str, Any]) -> None:
    """Put one bench's result beside the latest results of the others."""
    _OUT.parent.mkdir(exist_ok=True)
    try:
        results = json.loads(_OUT.read_text())
    except (FileNotFoundError, ValueError):
        results = {}
    partial = _OUT.with_suffix(".partial")
    partial.write_text(json.dumps({**results, name: result}, indent=1))
    partial.replace(_OUT)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="Measure speed and memory against the targets.",
        epilog="\n".join(f"  {name:<12} {text}" for name, text in BENCHES.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="one or more of those below; all where not given")
    parser.add_argument("--quick", action="store_true", help="small sizes, one round: does it work at all?")
    parser.add_argument("--rounds", type=int, help="rounds of each contender; medians are taken over them")
    return parser


if __name__ == "__main__":
    sys.exit(main())
