"""Render a report as PDF with Typst, in a child process that can be stopped at any moment."""

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import msgspec

from worker.reports.document import ReportContent
from worker.reports.errors import RenderingCancelledError, RenderingError, RenderingTimeoutError
from worker.reports.fonts import font_families, require_fonts
from worker.reports.pdf_data import logo_of, typst_data, typst_setting

DEFAULT_TIMEOUT_S = 120.0

MAX_CHILD_MEMORY_BYTES = 4 * 1024**3
"""Address space of the child. 10,000 recommendations take less than a gigabyte; beyond this the child ends, not the host."""

_TEMPLATES_DIR = Path(__file__).with_name("templates")
_CHILD = Path(__file__).with_name("typst_child.py")
_CHILD_NEEDS = ("PATH", "HOME", "LANG", "LC_", "TMPDIR", "TEMP", "SYSTEMROOT", "LD_", "PYTHON", "COVERAGE_")
_POLL_S = 0.2


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
    with tempfile.TemporaryFile() as job_file, tempfile.TemporaryFile() as log:
        job_file.write(job)
        job_file.seek(0)
        child = None
        try:
            with _interrupts_held():
                # A session of its own makes the child the leader of a process group: nothing of it outlives the kill.
                child = subprocess.Popen(  # noqa: S603  (our own file, no shell)
                    [sys.executable, "-I", str(_CHILD), str(os.getpid())],
                    stdin=job_file,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    start_new_session=True,
                    env=_child_environment(),
                )
            assert child.stdout is not None  # noqa: S101  (PIPE was asked for)
            answer = _answer_of(child.stdout, timeout_s, should_stop)
            child.wait()
        finally:
            if child is not None:
                _end(child)
        log.seek(0)
        return _checked(answer, child.returncode, log.read())


def _answer_of(stdout: IO[bytes], timeout_s: float, should_stop: Callable[[], bool] | None) -> bytes:
    """Return all that the child writes until it ends its output."""
    deadline = time.monotonic() + timeout_s
    answer = b""
    selector = selectors.PollSelector()
    selector.register(stdout, selectors.EVENT_READ)
    while True:
        if selector.select(_POLL_S):
            piece = os.read(stdout.fileno(), 65_536)
            if not piece:
                return answer
            answer += piece
        if should_stop is not None and should_stop():
            raise RenderingCancelledError("Making the PDF was stopped on request.")
        if time.monotonic() > deadline:
            raise RenderingTimeoutError(
                f"Making the PDF took longer than {timeout_s:g} s.",
                next_step="Try again when the machine is less busy, or order the Excel file, which has no such limit.",
            )


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let Ctrl-C and termination wait until the child has a name: one in between would lose it alive."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _child_environment() -> dict[str, str]:
    """Return what a process needs to run at all; the settings of this one, secrets among them, stay here."""
    return {name: value for name, value in os.environ.items() if name.startswith(_CHILD_NEEDS)}


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    if child.stdout is not None:
        child.stdout.close()


def _checked(answer: bytes, exit_status: int, log: bytes) -> dict[str, Any]:
    if exit_status == 0 and answer:
        result: dict[str, Any] = json.loads(answer)
        if "error" not in result:
            return result
        reason = str(result["error"])
    else:
        last_line = log.decode(errors="replace").strip().rpartition("\n")[2]
        reason = last_line or f"its process ended with status {exit_status}"
    raise RenderingError(
        f"The PDF could not be made: {reason}.",
        next_step="Order the report as HTML or Excel, and report this sentence to whoever runs this installation.",
    )
