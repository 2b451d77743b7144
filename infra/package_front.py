"""Packs the front as the Functions host takes it: ``python infra/package_front.py out/front.zip``.

What stays out is said by ``.funcignore``. Packages are installed by the platform's build, from requirements.txt. Needs
nothing but Python's own library, so that a pipeline need not install anything first.
"""

import fnmatch
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
# The same files give the same package, byte for byte.
_TIME = (1980, 1, 1, 0, 0, 0)


def files(root: Path = _ROOT) -> Iterator[Path]:
    """Yield what belongs into the package, relative to ``root``, in a fixed order."""
    patterns = [line.strip().rstrip("/") for line in (root / ".funcignore").read_text().splitlines()]
    patterns = [pattern for pattern in patterns if pattern and not pattern.startswith("#")]
    yield from _below(root, root, patterns)


def _below(folder: Path, root: Path, patterns: list[str]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        relative = path.relative_to(root)
        if any(fnmatch.fnmatch(path.name, pattern) or fnmatch.fnmatch(str(relative), pattern) for pattern in patterns):
            continue
        if path.is_dir():
            yield from _below(path, root, patterns)
        elif path.suffix != ".pyc":
            yield relative


def pack(target: Path, root: Path = _ROOT) -> int:
    """Write the package to ``target`` and return its size in bytes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for relative in files(root):
            entry = zipfile.ZipInfo(relative.as_posix(), _TIME)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(entry, (root / relative).read_bytes())
    return target.stat().st_size


def main(arguments: list[str]) -> int:
    """Pack to the one argument and return the exit code."""
    if len(arguments) != 1:
        print("usage: python infra/package_front.py TARGET.zip", file=sys.stderr)
        return 64
    print(f"{arguments[0]}: {pack(Path(arguments[0])):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
