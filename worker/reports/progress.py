"""Ask now and then, while many rows are written, whether to go on."""

from collections.abc import Callable

from worker.reports.errors import RenderingCancelledError

ROWS_BETWEEN_CALLS = 2_000


class EveryFewRows:
    """Counts rows; every :data:`ROWS_BETWEEN_CALLS` it reports the count and stops the work where that is wanted."""

    def __init__(
        self, should_stop: Callable[[], bool] | None = None, on_progress: Callable[[int], None] | None = None
    ) -> None:
        self._should_stop = should_stop
        self._on_progress = on_progress
        self.rows = 0

    def unreported(self) -> "EveryFewRows":
        """Return another that asks as often whether to go on, for rows that are only read, and reports nothing."""
        return EveryFewRows(self._should_stop)

    def row_done(self) -> None:
        """Count one row; raise :class:`RenderingCancelledError` where the work is to stop."""
        self.rows += 1
        if self.rows % ROWS_BETWEEN_CALLS:
            return
        if self._on_progress is not None:
            self._on_progress(self.rows)
        if self._should_stop is not None and self._should_stop():
            raise RenderingCancelledError("Making the file was stopped on request.")
