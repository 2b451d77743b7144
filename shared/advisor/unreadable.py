"""Why an export as a whole could not be read; each error is one sentence of what was seen and what was expected."""

from typing import ClassVar

from shared.errors import AdvisorReportsError

EXPECTED = (
    "a CSV downloaded from Azure Advisor in the portal, or JSON from az advisor recommendation list, the Advisor REST API,"
    " Resource Graph or the Python SDK"
)
_NEXT_STEP = "Download the export again from Azure Advisor and upload that file unchanged."


class UnreadableExportError(AdvisorReportsError):
    """The file is no export of Azure Advisor that can be read."""

    code: ClassVar[str] = "export_unreadable"

    def __init__(self, message: str, *, next_step: str = _NEXT_STEP) -> None:
        super().__init__(message, next_step=next_step)


class AlienFileError(UnreadableExportError):
    """The file is something else altogether: an image, a PDF, a web page."""

    code = "export_alien_file"

    def __init__(self, seen: str) -> None:
        super().__init__(f"The file is {seen}; expected {EXPECTED}.")


class EmptyExportError(UnreadableExportError):
    """The file holds nothing."""

    code = "export_empty"

    def __init__(self) -> None:
        super().__init__(f"The file is empty; expected {EXPECTED}.")


class UnknownHeaderError(UnreadableExportError):
    """The file is text, but its first line is not the header of an Advisor export."""

    code = "export_header_unknown"


class BadEncodingError(UnreadableExportError):
    """The bytes of the file are not text in one of the encodings that exports come in."""

    code = "export_encoding"


class MalformedExportError(UnreadableExportError):
    """The file breaks the rules of its own format."""

    code = "export_malformed"


class TruncatedExportError(UnreadableExportError):
    """The file ends before its content does."""

    code = "export_truncated"


class NotRecommendationsError(UnreadableExportError):
    """The file is sound JSON of something other than recommendations."""

    code = "export_not_recommendations"


class ErrorAnswerError(UnreadableExportError):
    """The file is the error with which Azure answered instead of recommendations."""

    code = "export_is_error_answer"


class MixedPagesError(UnreadableExportError):
    """Several files were given as pages of one export, and they are of different kinds."""

    code = "export_pages_mixed"


class ExportTooLargeError(UnreadableExportError):
    """The export passes one of the limits."""

    code = "export_too_large"

    def __init__(self, setting: str, message: str) -> None:
        super().__init__(message, next_step=f"Export less at a time, or raise the setting {setting}.")
        self.setting = setting


def shortened(text: str, limit: int = 200) -> str:
    """Return ``text`` on one line, cut to ``limit`` characters with an ellipsis where it was longer.

    A NUL, which PostgreSQL takes in no text, is shown as U+FFFD, so that what is returned can be stored anywhere.
    """
    line = " ".join(text[: limit * 4].replace("\0", "\ufffd").split())
    return line if len(line) <= limit and len(text) <= limit * 4 else line[: limit - 1] + "…"
