"""What can go wrong while a report is made."""

from typing import ClassVar

from shared.errors import AdvisorReportsError


class FontsMissingError(AdvisorReportsError):
    """The fonts that a PDF is set in are not on this machine."""

    code = "fonts_missing"


class RenderingError(AdvisorReportsError):
    """A report file could not be made."""

    code = "rendering_failed"


class RenderingTimeoutError(AdvisorReportsError):
    """Making a report file took longer than it may."""

    code = "rendering_timeout"
    retryable: ClassVar[bool] = True


class RenderingCancelledError(AdvisorReportsError):
    """Making a report file was stopped because somebody asked for it."""

    code = "rendering_cancelled"
