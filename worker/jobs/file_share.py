"""How far one file of a report is, as a part of its job's progress."""

from dataclasses import dataclass

from shared.jobs.run import JobRun
from shared.reports import ReportFormat

# Where the last row is written. The rest is for packing and uploading the file.
_WRITTEN = 0.9


@dataclass(frozen=True)
class FileShare:
    """One file's part of the job's progress: from where to where, in percent."""

    run: JobRun
    file_format: ReportFormat
    begin: float
    end: float
    total_rows: int

    def begun(self) -> None:
        """Say that the file is being made."""
        self.run.report_progress(self.begin, self._phase)

    def rows_written(self, rows: int) -> None:
        """Say how many rows the file has by now."""
        done = min(rows / self.total_rows, 1.0) if self.total_rows else 1.0
        percent = self.begin + (self.end - self.begin) * _WRITTEN * done
        self.run.report_progress(percent, f"{self._phase}: {rows:,} of {self.total_rows:,} rows")

    @property
    def _phase(self) -> str:
        return f"Making the {self.file_format.upper()} file"
