"""Render a report as PDF with Typst, in a child process that can be stopped at any moment."""

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from shared.child_process import ChildProcess, child_process
from worker.reports.document import ReportContent
from worker.reports.errors import RenderingCancelledError, RenderingError, RenderingTimeoutError
from worker.reports.fonts import font_families, require_fonts
from worker.reports.pdf_data import logo_of, typst_data, typst_setting

DEFAULT_TIMEOUT_S = 120.0

MAX_CHILD_MEMORY_BYTES = 4 * 1024**3
"""Address space of the child. 10,000 recommendations take less than a gigabyte; beyond this the child ends, not the host."""

_TEMPLATES_DIR = Path(__file__).with_name("templates")
_CHILD = Path(__file__).with_name("typst_child.py")


def render_pdf(
    content: ReportContent,
    destination: Path,
    *,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    should_stop: Callable[[], bool] | None = None,
    fonts_dirs: Sequence[Path] | None = None,
    templates_dir: Path = _TEMPLATES_DIR,
) -> tuple[str, ...]:
    """Write the PDF to ``destination`` and return what a reader should be warned of, usually nothing.

    The file is PDF/UA-1 (accessible) and PDF/A-2a (made to be kept) unless a character has no glyph in any font.
    ``should_stop`` is asked about five times a second. Raises :class:`RenderingTimeoutError`,
    :class:`RenderingCancelledError`, :class:`RenderingError` and :class:`~worker.reports.errors.FontsMissingError`; the
    child process is gone when this returns or raises.
    """
    job = child_job(content, destination, timeout_s=timeout_s, fonts_dirs=fonts_dirs, templates_dir=templates_dir)
    answer = _run_child(msgspec.json.encode(job), timeout_s, should_stop)
    if answer["missing_glyph"]:
        reason = answer["missing_glyph"]
        return (f"The PDF is neither PDF/UA-1 (accessible) nor PDF/A-2a: {reason}. Install the Noto font of that script.",)
    if answer["not_archival"]:
        return (f"The PDF is PDF/UA-1 (accessible) but not PDF/A-2a: {answer['not_archival']}.",)
    return ()


def child_job(
    content: ReportContent,
    destination: Path,
    *,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    fonts_dirs: Sequence[Path] | None = None,
    templates_dir: Path = _TEMPLATES_DIR,
) -> dict[str, Any]:
    """Return what the child process is told: everything that the PDF depends on."""
    return {
        "data": typst_data(content),
        "setting": typst_setting(content),
        "logo": logo_of(content.facts.branding),
        "fonts_dirs": [str(folder) for folder in require_fonts(fonts_dirs)],
        "families": font_families(content.facts.branding.font, content.facts.language),
        "templates_dir": str(templates_dir),
        "destination": str(destination.absolute()),
        "created_at": int(content.facts.created_at.timestamp()),  # Typst refuses fractions
        "timeout_s": timeout_s,
        "max_memory_bytes": MAX_CHILD_MEMORY_BYTES,
    }


def _run_child(job: bytes, timeout_s: float, should_stop: Callable[[], bool] | None) -> dict[str, Any]:
    deadline = time.monotonic() + timeout_s

    def check() -> None:
        if should_stop is not None and should_stop():
            raise RenderingCancelledError("Making the PDF was stopped on request.")
        if time.monotonic() > deadline:
            raise RenderingTimeoutError(
                f"Making the PDF took longer than {timeout_s:g} s.",
                next_step="Try again when the machine is less busy, or order the Excel file, which has no such limit.",
            )

    with tempfile.TemporaryFile() as job_file:
        job_file.write(job)
        job_file.seek(0)
        with child_process(_CHILD, stdin=job_file) as child:
            return _checked(b"".join(child.output(check)), child)


def _checked(answer: bytes, child: ChildProcess) -> dict[str, Any]:
    if child.wait() == 0 and answer:
        result: dict[str, Any] = json.loads(answer)
        if "error" not in result:
            return result
        reason = str(result["error"])
    else:
        reason = child.reason()
    raise RenderingError(
        f"The PDF could not be made: {reason}.",
        next_step="Order the report as HTML or Excel, and report this sentence to whoever runs this installation.",
    )
