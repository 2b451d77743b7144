"""What people decided about a finding: a mark that stays on it from report to report."""

from datetime import date, datetime
from enum import StrEnum

import msgspec


class MarkStatus(StrEnum):
    """What was decided."""

    ACCEPTED = "accepted"
    PLANNED = "planned"
    DONE = "done"
    REJECTED = "rejected"


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """The mark that a finding of a client bears."""

    status: MarkStatus
    note: str = ""
    owner: str = ""
    """Who does it, as given; only of what is planned or done."""
    due_on: date | None = None
    marked_by: str = ""
    """The name of the API key that set it."""
    marked_at: datetime | None = None
