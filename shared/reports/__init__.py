"""What a report is ordered with: its kind, its file formats and its options."""

from shared.reports.kinds import ReportFormat, ReportType

__all__ = ["ReportFormat", "ReportType"]
