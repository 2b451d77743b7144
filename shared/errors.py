"""The base of every error that a person may read: a code, a sentence and a next step.

Errors live beside the noun they speak of; all derive from :class:`AdvisorReportsError`, so that whoever stands at an edge
(the HTTP API, a job, the command line) can show any of them without knowing it.
"""

from typing import ClassVar


class AdvisorReportsError(Exception):
    """Something went wrong that a person can act on.

    ``code`` is stable and machine-readable, ``message`` is one plain sentence, ``next_step`` tells what to do.
    ``retryable`` says whether the same work may succeed later without anybody changing anything.
    """

    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step


class SettingsError(AdvisorReportsError):
    """The settings of this process are incomplete or contradict each other."""

    code = "settings_invalid"


class NotFoundError(AdvisorReportsError):
    """What was asked for does not exist for this caller."""

    code = "not_found"


class ConflictError(AdvisorReportsError):
    """What was asked for does not fit the present state."""

    code = "conflict"


class InvalidRequestError(AdvisorReportsError):
    """The request itself cannot be carried out as given."""

    code = "invalid_request"
