"""What reports there are: the types a client can order, and the file formats they come in."""

from enum import StrEnum

from shared.advisor.vocabulary import Category


class ReportType(StrEnum):
    """What a report tells, and to whom."""

    EXECUTIVE = "executive"
    """Two to four pages for those who pay: what was found, what it saves, what changed, where to begin."""
    COST = "cost"
    SECURITY = "security"
    OPERATIONS = "operations"
    """Reliability, performance and operational excellence."""
    DETAILED = "detailed"
    """Every recommendation with its affected resources."""

    @property
    def title(self) -> str:  # type: ignore[override]
        """The name as people read it, such as "Detailed report"."""
        return _TYPE_TITLES[self]

    @property
    def categories(self) -> frozenset[Category]:
        """The categories that a report of this type is about."""
        return _TYPE_CATEGORIES[self]


class ReportFormat(StrEnum):
    """A file format of a report; the value is also the file's extension, without the dot."""

    PDF = "pdf"
    HTML = "html"
    XLSX = "xlsx"
    PPTX = "pptx"
    """The executive summary as slides."""
    CSV = "csv"
    JSON = "json"
    ZIP = "zip"
    """All the others in one file."""

    @property
    def content_type(self) -> str:
        """The media type a download of this format is served as."""
        return _CONTENT_TYPES[self]


_TYPE_TITLES = {
    ReportType.EXECUTIVE: "Executive summary",
    ReportType.COST: "Cost report",
    ReportType.SECURITY: "Security report",
    ReportType.OPERATIONS: "Operations report",
    ReportType.DETAILED: "Detailed report",
}

_CONTENT_TYPES = {
    ReportFormat.PDF: "application/pdf",
    ReportFormat.HTML: "text/html; charset=utf-8",
    ReportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ReportFormat.PPTX: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ReportFormat.CSV: "text/csv; charset=utf-8",
    ReportFormat.JSON: "application/json",
    ReportFormat.ZIP: "application/zip",
}

BUNDLED_FORMATS = tuple(item for item in ReportFormat if item is not ReportFormat.ZIP)
"""What a ZIP holds, in the order of its contents."""

_EVERY_CATEGORY = frozenset(Category)
_TYPE_CATEGORIES = {
    ReportType.EXECUTIVE: _EVERY_CATEGORY,
    ReportType.COST: frozenset({Category.COST}),
    ReportType.SECURITY: frozenset({Category.SECURITY}),
    ReportType.OPERATIONS: frozenset({Category.RELIABILITY, Category.PERFORMANCE, Category.OPERATIONAL_EXCELLENCE}),
    ReportType.DETAILED: _EVERY_CATEGORY,
}
