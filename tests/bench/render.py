"""Report files of 1,000 and 10,000 recommendations: time and memory of a process that makes nothing else."""

import statistics
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from shared.reports import BUNDLED_FORMATS, ReportFormat
from tests.bench import pdf_ratio
from tests.bench.children import run_child
from tests.bench.measure import Finding, Options
from tests.generators.estate import Estate
from tests.generators.portal_csv import save_portal_csv

_TARGET_S = {(1_000, ReportFormat.PDF): 1.2, (1_000, ReportFormat.HTML): 0.3, (10_000, ReportFormat.PDF): 6.0}


def measure(options: Options) -> Iterator[Finding]:
    """Yield seconds and peak memory of every format and size."""
    with TemporaryDirectory(prefix="advisor-bench-") as name:
        for rows, rounds in ((1_000, 7), (10_000, 3)):
            export = save_portal_csv(Path(name) / f"{rows}.csv", Estate(rows=rows))
            yield from _of_size(export, rows, options.rounds_or(rounds))
        yield from pdf_ratio.measure(Path(name), options)


def _of_size(export: Path, rows: int, rounds: int) -> Iterator[Finding]:
    formats: tuple[ReportFormat, ...] = BUNDLED_FORMATS
    runs: dict[ReportFormat, list[dict[str, Any]]] = {file_format: [] for file_format in formats}
    for _ in range(rounds):
        for file_format in formats:
            destination = export.with_suffix(f".{file_format}")
            runs[file_format].append(run_child("tests.bench.rendering_child", str(export), file_format, str(destination)))
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
        yield Finding(f"{title}, peak RSS", child or own, "MB", note=note)
