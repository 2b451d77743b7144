"""Lines of a live fetch made by a process of their own, on another core, while pages still come.

To turn pages into lines takes longer than to read them and than to file the lines, and all Python of one process runs on one
core. The child is told of each part and where its pages lie; it leaves lines in the same folder, and says so.
"""

import os
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

# A process takes an eighth of a second to start, and 20 to 100 MB: nothing to thousands of subscriptions, much to a few.
MANY_SUBSCRIPTIONS = 250
# Of all jobs that run in threads of one worker. More would only wait for processors, and take the memory that there is.
_AT_ONCE = 2

_free = threading.BoundedSemaphore(_AT_ONCE)
_CHILD = Path(__file__).with_name("beside_child.py")


class LinesFailedError(AdvisorReportsError):
    """The process that makes lines of what was read was ended before its work was."""

    code = "lines_failed"
    retryable = True

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"What was read from Azure could not be made ready to be kept: {reason}.",
            next_step="Where this comes again, give the worker more memory, or order fewer subscriptions at once.",
        )


class UnexpectedLinesError(RuntimeError):
    """The process that makes lines failed of itself, and would again."""


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


class Failed(msgspec.Struct, tag=True, frozen=True):
    """The child has failed; where the operating system refused something, by which number."""

    error_number: int | None
    trace: str


_said = msgspec.json.Decoder(Made | Done | Failed)


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
    """Has lines made by a child process.

    Where that is ended before its time, raises :class:`LinesFailedError`; where it fails, what this process would fail of.
    """

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
            raise LinesFailedError(self._child.reason())

    def counts(self) -> Counts:
        """Return what was counted on the way."""
        if self._counts is None:
            raise LookupError("not all lines were taken")
        return self._counts

    def _tell(self, message: Terms | Path | Part | None) -> None:
        try:
            self._child.tell(pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL), self._check)
        except BrokenPipeError:
            for _ in self._frames():
                pass  # lines that nobody will want; the last word may be why there are no more
            raise LinesFailedError(self._child.reason()) from None

    def _frames(self) -> Iterator[Made | Done]:
        rest = b""
        for piece in self._child.output(self._check):
            *frames, rest = (rest + piece).split(b"\n")
            for said in map(_said.decode, frames):
                if isinstance(said, Failed):
                    raise _failure(said)
                yield said


def _failure(said: Failed) -> Exception:
    error: Exception
    if said.error_number is not None:
        error = OSError(said.error_number, os.strerror(said.error_number))
    else:
        error = UnexpectedLinesError("lines could not be made")
    # For the log; those who read the job's row are told the kind of error alone.
    error.add_note(said.trace)
    return error
