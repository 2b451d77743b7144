"""Lines of a live fetch made by a process of their own, on another core, while pages still come.

To turn pages into lines takes longer than to read them and than to file the lines, and all Python of one process runs on one
core. The child is told of each part and where its pages lie; it leaves lines in the same folder, and says so.
"""

import pickle
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from shared.advisor.standing import Standing
from shared.azure.live_lines import LiveLines, OwnLiveLines
from shared.azure.live_rows import Counts, Terms
from shared.azure.parts import Part
from shared.child_process import ChildProcess, child_process
from shared.errors import AdvisorReportsError
from shared.snapshots.lines import Lines, Table

# A process takes an eighth of a second to start and 40 MB: nothing to thousands of subscriptions, much to a few.
MANY_SUBSCRIPTIONS = 250
# Of all jobs that run in threads of one worker. More would only wait for processors, and take the memory that there is.
_AT_ONCE = 2

_free = threading.BoundedSemaphore(_AT_ONCE)
_CHILD = Path(__file__).with_name("beside_child.py")


class LinesFailedError(AdvisorReportsError):
    """The process that makes lines of what was read ended before its work did."""

    code = "lines_failed"
    retryable = True

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"What was read from Azure could not be made ready to be kept: {reason}.",
            next_step="It is tried again by itself. Where it fails again, give the worker more memory.",
        )


class Made(msgspec.Struct, tag=True, frozen=True):
    """The child has left some lines in the folder."""

    table: Table
    count: int
    name: str


class Done(msgspec.Struct, tag=True, frozen=True):
    """The child has made all lines; what it counted on the way."""

    left_out: dict[Standing, int]
    duplicates: int
    missing: int


_said = msgspec.json.Decoder(Made | Done)


@contextmanager
def live_lines(terms: Terms, folder: Path, *, subscriptions: int, check: Callable[[], None]) -> Iterator[LiveLines]:
    """Give what makes the lines of a fetch of so many subscriptions; ``check`` is called while it waits and may raise."""
    if subscriptions < MANY_SUBSCRIPTIONS or not _free.acquire(blocking=False):
        yield OwnLiveLines(terms)
        return
    try:
        with child_process(_CHILD) as child:
            yield LiveLinesBeside(child, terms, folder, check=check)
    finally:
        _free.release()


class LiveLinesBeside:
    """Has lines made by a child process. Where that ends before its time, raises :class:`LinesFailedError`."""

    def __init__(self, child: ChildProcess, terms: Terms, folder: Path, *, check: Callable[[], None]) -> None:
        self._child = child
        self._folder = folder
        self._check = check
        self._counts: Counts | None = None
        self._tell(terms)
        self._tell(folder)

    def take(self, part: Part) -> None:
        """Have the lines of ``part`` made as soon as those before are."""
        self._tell(part)

    def lines(self) -> Iterator[Lines]:
        """Yield the lines of all parts, waiting for those that are not made yet."""
        self._tell(None)
        for said in self._frames():
            if isinstance(said, Done):
                self._counts = Counts(Counter(said.left_out), said.duplicates, said.missing)
                continue
            path = self._folder / said.name
            yield Lines(said.table, said.count, path.read_bytes())
            path.unlink()
        if self._counts is None:
            raise LinesFailedError(self._child.last_words())

    def counts(self) -> Counts:
        """Return what was counted on the way."""
        if self._counts is None:
            raise LookupError("not all lines were taken")
        return self._counts

    def _tell(self, message: Terms | Path | Part | None) -> None:
        try:
            pickle.dump(message, self._child.input, protocol=pickle.HIGHEST_PROTOCOL)
            self._child.input.flush()
        except BrokenPipeError:
            raise LinesFailedError(self._child.last_words()) from None

    def _frames(self) -> Iterator[Made | Done]:
        rest = b""
        for piece in self._child.output(self._check):
            *frames, rest = (rest + piece).split(b"\n")
            yield from map(_said.decode, frames)
