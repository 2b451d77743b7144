"""``make clean``: remove what the other commands made in this repository, and nothing else."""

import shutil
import sys

from infra.local import places
from infra.local.lock import AlreadyRunningError, StackLock

_MADE = (
    ".venv",
    "out",
    "infra/local/node_modules",
    ".mypy_cache",
    ".ruff_cache",
    ".import_linter_cache",
    ".hypothesis",
    ".pytest_cache",
    ".local",
)


def main() -> int:
    """Remove everything and return the exit code; refuse while a stack runs on the data."""
    lock = StackLock(places.LOCAL / "lock")
    try:
        lock.acquire()
    except AlreadyRunningError as error:
        print(f"error: {error.message}\n       End it with Ctrl-C in its terminal first.", file=sys.stderr)
        return 1
    elsewhere = [places.substitute_path(places.REPOSITORY), places.substitute_path(places.LOCAL)]
    for path in [*(places.REPOSITORY / name for name in _MADE), *elsewhere]:
        if path.exists() and path.stat().st_uid == places.REPOSITORY.stat().st_uid:
            shutil.rmtree(path)
            print(f"removed {path}")
    for path in places.REPOSITORY.glob(".coverage*"):
        path.unlink()
    lock.release()
    return 0


if __name__ == "__main__":
    sys.exit(main())
