"""Where the local stack keeps its files, and who can reach them."""

import contextlib
import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LOCAL = REPOSITORY / ".local"


def unprivileged_user() -> str | None:
    """Return whom root becomes for PostgreSQL, which refuses to run as root; ``None`` for an ordinary user."""
    if os.geteuid() != 0:
        return None
    return pwd.getpwnam("nobody").pw_name


def reachable(path: Path) -> bool:
    """Whether a user without any rights of their own can walk to ``path`` through all folders above it."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.resolve().parents if folder.exists())


def readable(path: Path) -> bool:
    """Whether such a user can also read the folder ``path`` itself and execute what is in it."""
    needed = stat.S_IROTH | stat.S_IXOTH
    return reachable(path) and path.stat().st_mode & needed == needed


def substitute_path(folder: Path) -> Path:
    """Return the path of :func:`substitute_folder`, whether it exists or not."""
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"advisor-reports-{digest}"


def substitute_folder(instead_of: Path) -> Path:
    """Return a folder under the system's temporary folder that stands in for one, made if it is missing.

    For root in a repository that nobody else can walk to (under ``/root``, say): the rights of folders that are not ours
    stay as they are, and what PostgreSQL has to reach goes elsewhere. Raises :class:`PermissionError` where somebody else
    took the name first.
    """
    folder = substitute_path(instead_of)
    folder.mkdir(mode=0o711, exist_ok=True)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid():
        raise PermissionError(f"{folder} belongs to somebody else; remove it or set TMPDIR")
    folder.chmod(0o711)
    return folder


@contextlib.contextmanager
def scratch_folder(kind: str) -> Iterator[Path]:
    """Make a folder for servers that keep nothing, where PostgreSQL can reach it; remove it at the end.

    Its name carries this process's id, so that folders of runs that were killed are found and removed by the next run.
    """
    import psutil  # noqa: PLC0415  (`make clean` uses this module before anything is installed)

    parent = Path(tempfile.gettempdir())
    if unprivileged_user() is not None and not reachable(parent / "any"):
        # TMPDIR may be somebody's private folder; the system's own never is.
        parent = Path("/tmp")  # noqa: S108
    start = f"advisor-reports-{kind}-"
    for folder in parent.glob(f"{start}*-*"):
        pid = folder.name.removeprefix(start).split("-")[0]
        if pid.isdigit() and not psutil.pid_exists(int(pid)) and folder.lstat().st_uid == os.geteuid():
            shutil.rmtree(folder, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{start}{os.getpid()}-", dir=parent))
    # Others may walk through it, not look into it: the data folder below belongs to whom root becomes.
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def package_folder(name: str) -> Path:
    """Return the folder of an installed package without importing it: its programs are wanted, not its Python."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"{name} is not installed; run `make install`")
    return Path(found.origin).parent
