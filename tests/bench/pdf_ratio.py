"""PDF reports against a bare Typst compile of the same document, each in a process of its own, in turns."""

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from shared.reports import ReportType
from tests.bench.children import run_child
from tests.bench.measure import Finding, Options
from tests.gallery.exhibits import Exhibit
from worker.reports.pdf import child_job, render_pdf

_MAX_RATIO = 1.6
_MAX_EXECUTIVE_S = 0.4


def measure(folder: Path, options: Options) -> Iterator[Finding]:
    """Yield how much longer a detailed PDF takes than its compile alone, and how long an executive summary takes."""
    rounds = options.rounds_or(7)
    content = Exhibit(name="detailed", rows=1_000).content()
    job, whole = folder / "job.json", list[float]()
    job.write_bytes(msgspec.json.encode(child_job(content, folder / "bare.pdf")))
    bare = []
    for _ in range(rounds):
        began = time.monotonic()
        render_pdf(content, folder / "whole.pdf")
        whole.append(time.monotonic() - began)
        bare.append(run_child("tests.bench.bare_typst", str(job))["process_s"])
    yield Finding("1,000: bare Typst compile of the same document", statistics.median(bare), "s", note=f"{rounds} rounds")
    ratio = statistics.median(one / other for one, other in zip(whole, bare, strict=True))
    yield Finding("1,000: detailed PDF to bare compile", ratio, "times", _MAX_RATIO, at_most=True)
    executive = Exhibit(name="executive", report_type=ReportType.EXECUTIVE, rows=1_000).content()
    seconds = []
    for _ in range(rounds):
        began = time.monotonic()
        render_pdf(executive, folder / "executive.pdf")
        seconds.append(time.monotonic() - began)
    yield Finding("1,000: executive PDF", statistics.median(seconds), "s", _MAX_EXECUTIVE_S, at_most=True)
