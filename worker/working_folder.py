"""Folders for the files of a running job; those of processes that were killed are removed by whoever comes next."""

import fcntl
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_log = logging.getLogger(__name__)

_PREFIX = "advisor-job-"
# Between making a folder and locking it lies a moment in which it looks abandoned.
_YOUNG_S = 60.0


@contextmanager
def working_folder() -> Iterator[Path]:
    """Make a folder for one job's files and remove it at the end.

    A process that is killed leaves its folder behind, with a client's export in it. The kernel lets go of the lock on it,
    which is how the next job knows that it may remove it.
    """
    _remove_abandoned(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as made:
        lock = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield Path(made)
        finally:
            os.close(lock)


def _remove_abandoned(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        try:
            if time.time() - folder.lstat().st_mtime < _YOUNG_S:
                continue
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue  # gone by now, or somebody else's
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        else:
            shutil.rmtree(folder, ignore_errors=True)
            _log.warning("files of a lost job were removed", extra={"action": "working_folder_removed"})
        finally:
            os.close(lock)
