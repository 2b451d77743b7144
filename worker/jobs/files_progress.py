"""How far the files of a report are, several of which may be in the making at once, as a part of their job's progress."""

import threading
from collections.abc import Sequence

from shared.jobs.run import JobRun
from shared.reports import ReportFormat

# Of one file: where its last row is written. The rest is for packing and uploading it.
_WRITTEN = 0.9


class FilesProgress:
    """Adds up the shares of all files between two percentages of the job; safe to share between threads."""

    def __init__(self, run: JobRun, formats: Sequence[ReportFormat], begin: float, end: float, *, total_rows: int) -> None:
        self._run = run
        self._begin = begin
        self._end = end
        self._total_rows = total_rows
        self._done = dict.fromkeys(formats, 0.0)
        self._lock = threading.Lock()

    def begun(self, file_format: ReportFormat) -> None:
        """Say that a file is being made; of those that are made at once, which one is waited for."""
        self._tell(file_format, 0.0, _phase(file_format))

    def rows_written(self, file_format: ReportFormat, rows: int) -> None:
        """Say how many rows a file has by now."""
        done = min(rows / self._total_rows, 1.0) if self._total_rows else 1.0
        self._tell(file_format, _WRITTEN * done, f"{_phase(file_format)}: {rows:,} of {self._total_rows:,} rows")

    def ended(self, file_format: ReportFormat) -> None:
        """Say that a file met its fate."""
        with self._lock:
            self._done[file_format] = 1.0

    def _tell(self, file_format: ReportFormat, done: float, phase: str) -> None:
        with self._lock:
            self._done[file_format] = max(done, self._done[file_format])
            share = sum(self._done.values()) / len(self._done)
            self._run.report_progress(self._begin + (self._end - self._begin) * share, phase)


def _phase(file_format: ReportFormat) -> str:
    return f"Making the {file_format.upper()} file"
