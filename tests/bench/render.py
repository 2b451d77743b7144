"""Report files: time and memory of a process that makes nothing else, and PDF against other engines on the same content."""

import statistics
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from shared.reports import BUNDLED_FORMATS, ReportFormat
from tests.bench import pdf_ratio
from tests.bench.children import run_child
from tests.bench.measure import Contender, Finding, Options, interleave, ratio, ratio_spread
from tests.generators.estate import Estate
from tests.generators.portal_csv import save_portal_csv

_TARGET_S = {
    (1_000, ReportFormat.PDF): 1.2,
    (1_000, ReportFormat.HTML): 0.15,
    (1_000, ReportFormat.XLSX): 0.5,
    (10_000, ReportFormat.PDF): 6.0,
}
_TARGET_MB = {(10_000, ReportFormat.PDF): 1_200.0, (100_000, ReportFormat.XLSX): 200.0}
_MANY = 100_000


def measure(options: Options) -> Iterator[Finding]:
    """Yield seconds and peak memory of every format and size, then how PDF stands against its peers."""
    with TemporaryDirectory(prefix="advisor-bench-") as name:
        folder = Path(name)
        for rows, rounds in ((1_000, 7), (10_000, 3)):
            yield from _of_size(_export(folder, rows), rows, options.rounds_or(rounds), BUNDLED_FORMATS)
        if not options.quick:
            yield from _of_size(_export(folder, _MANY), _MANY, 1, (ReportFormat.XLSX, ReportFormat.JSON))
        yield from pdf_ratio.measure(folder, options)
        yield from _against_peers(_export(folder, 1_000), options.rounds_or(3))


def _export(folder: Path, rows: int) -> Path:
    return save_portal_csv(folder / f"{rows}.csv", Estate(rows=rows))


def _of_size(export: Path, rows: int, rounds: int, formats: tuple[ReportFormat, ...]) -> Iterator[Finding]:
    runs: dict[ReportFormat, list[dict[str, Any]]] = {file_format: [] for file_format in formats}
    for _ in range(rounds):
        for file_format in formats:
            runs[file_format].append(_ours(export, file_format))
    counted = [run["content_s"] for done in runs.values() for run in done]
    yield Finding(f"{rows:,}: counts, savings, content", statistics.median(counted), "s", note=f"{len(counted)} rounds")
    for file_format, done in runs.items():
        title = f"{rows:,}: {file_format.upper()}"
        seconds = [run["render_s"] for run in done]
        note = f"{rounds} rounds, {min(seconds):.2f} to {max(seconds):.2f}; {done[0]['bytes'] / 1024:,.0f} kB"
        yield Finding(title, statistics.median(seconds), "s", _TARGET_S.get((rows, file_format)), at_most=True, note=note)
        own = statistics.median(run["peak_rss_mb"] for run in done)
        child = statistics.median(run["child_peak_rss_mb"] for run in done)
        note = "the child process; its parent has " + f"{own:,.0f} MB" if child else ""
        target = _TARGET_MB.get((rows, file_format))
        yield Finding(f"{title}, peak RSS", child or own, "MB", target, at_most=True, note=note)


def _against_peers(export: Path, rounds: int) -> Iterator[Finding]:
    ours = Contender("ours", lambda: float(_ours(export, ReportFormat.PDF)["render_s"]))
    peers = {
        10.0: Contender("WeasyPrint", lambda: _peer("weasyprint", export)),
        4.0: Contender("ReportLab", lambda: _peer("reportlab", export)),
    }
    interleave([ours, *peers.values()], rounds)
    for target, peer in peers.items():
        note = f"{ratio_spread(peer, ours)}; {peer.median:.1f} s against {ours.median:.2f} s"
        yield Finding(f"1,000: {peer.name}, times as long as our PDF", ratio(peer, ours), "times", target, note=note)


def _ours(export: Path, file_format: ReportFormat) -> dict[str, Any]:
    destination = export.with_suffix(f".{file_format}")
    return run_child("tests.bench.rendering_child", str(export), file_format, str(destination))


def _peer(name: str, export: Path) -> float:
    return float(run_child("tests.bench.peer_child", name, str(export), str(export.with_suffix(f".{name}.pdf")))["render_s"])
