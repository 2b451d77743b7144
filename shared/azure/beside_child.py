"""The child process that makes lines of what a live fetch read; see :mod:`shared.azure.beside`."""

import gc
import os
import pickle
import sys
import threading
import traceback
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import msgspec

# Last of all places: beside this file lie modules with names of others.
sys.path.append(str(Path(__file__).parents[2]))

from shared.azure.beside import Done, Failed, Made
from shared.azure.live_lines import made
from shared.azure.live_rows import LiveRows, Terms
from shared.azure.parts import Part
from shared.child_process import end_with

# Not that of ``sys.stdin``: Python would want it back at the end, while the thread that listens still waits for it.
_input = os.fdopen(0, "rb", closefd=False)


def main() -> int:
    """Make the lines of each part that standard input names; answer with :class:`Made` and, at the end, :class:`Done`.

    What goes wrong is answered with :class:`Failed`.
    """
    end_with(int(sys.argv[1]))
    # Modules are no garbage, and to look through them again and again takes a tenth of the time.
    gc.freeze()
    try:
        _make_lines()
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent is told
        _say(Failed(error.errno if isinstance(error, OSError) else None, traceback.format_exc()))
        return 1
    return 0


def _make_lines() -> None:
    terms: Terms = _told()
    folder: Path = _told()
    parts: SimpleQueue[Part | None] = SimpleQueue()
    threading.Thread(target=_listen, args=(parts,), daemon=True).start()
    live = LiveRows(terms)
    for number, lines in enumerate(made(live, iter(parts.get, None)), 1):
        name = f"{number:06d}.lines"
        (folder / name).write_bytes(lines.text)
        _say(Made(lines.table, lines.count, name))
    _say(Done(dict(live.counts.left_out), live.counts.duplicates, live.counts.missing))


def _listen(parts: "SimpleQueue[Part | None]") -> None:
    """Take in parts as they come, so that whoever names them never waits."""
    while True:
        try:
            part: Part | None = _told()
        except EOFError:
            # The parent went away in the middle: nobody waits for the rest.
            os._exit(1)
        parts.put(part)
        if part is None:
            return


def _told() -> Any:
    return pickle.load(_input)  # noqa: S301  (from the parent's own memory, by a pipe that only it has)


def _say(message: Made | Done | Failed) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
