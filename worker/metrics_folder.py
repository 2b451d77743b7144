"""The folder into which the processes of a worker write their numbers.

It is the main process's own, so nothing of an earlier run is ever counted; what earlier runs left behind is removed.
"""

import atexit
import os
import re
import shutil
import tempfile
from pathlib import Path

# As prometheus_client names them: kind, for gauges the mode, process id.
_FILE = re.compile(r"^[a-z]+_(?:[a-z]+_)?(\d+)\.db$")


def make() -> Path:
    """Return a new folder for the numbers of this worker's processes, after removing those of workers that are gone."""
    parent = Path(tempfile.gettempdir()) / f"advisor-reports-metrics-{os.getuid()}"
    parent.mkdir(mode=0o700, exist_ok=True)
    for left in parent.iterdir():
        owner = left.name
        if owner == str(os.getpid()) or not (owner.isdigit() and _is_alive(int(owner))):
            shutil.rmtree(left, ignore_errors=True)
    folder = parent / str(os.getpid())
    folder.mkdir(mode=0o700)
    main = os.getpid()

    def remove() -> None:
        # Children end through the same registrations.
        if os.getpid() == main:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return folder


def dead_writers(folder: Path) -> set[int]:
    """Return the ids of processes that wrote into ``folder`` and are gone."""
    writers = {int(found[1]) for path in folder.iterdir() if (found := _FILE.match(path.name))}
    return {process_id for process_id in writers if not _is_alive(process_id)}


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
