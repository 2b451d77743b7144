"""What a report is ordered with: its kind, its file formats and its options."""

from shared.reports.kinds import BUNDLED_FORMATS, ReportFormat, ReportType

__all__ = ["BUNDLED_FORMATS", "ReportFormat", "ReportType"]
