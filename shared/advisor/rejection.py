"""How a row comes to be rejected: one of its columns is raised as a problem, and the reader records it."""

from shared.advisor.recommendation import MAX_REJECTED_VALUE_CHARS, RejectedRow
from shared.advisor.unreadable import shortened


class RowProblemError(Exception):
    """A row cannot be accepted because of one column (or property), or as a whole (``column`` is ``""``)."""

    def __init__(self, column: str, value: str, code: str, reason: str) -> None:
        super().__init__(reason)
        self._column, self._value, self._code, self._reason = column, value, code, reason

    def rejected(self, line: int) -> RejectedRow:
        """Return the row at ``line`` as rejected, its value shortened."""
        return RejectedRow(
            line=line,
            column=shortened(self._column),
            value=shortened(self._value, MAX_REJECTED_VALUE_CHARS),
            reason_code=self._code,
            reason=self._reason,
        )
