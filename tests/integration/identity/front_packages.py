"""The front's packages for a Python of another version.

To find a hundred packages in an index takes half a minute of a processor. Most of them lie in the environment that runs the
tests and are the same for every version: links to them are made, and pip fetches the others and has the last word on all.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[3]
REQUIREMENTS = ROOT / "requirements.txt"


def install(python: Path, version: str, *more: str) -> None:
    """Install what the front needs, and ``more``, for ``python``, an empty environment of that ``version``, such as 3.13."""
    site = python.parents[1] / "lib" / f"python{version}" / "site-packages"
    for found in _needed(version):
        if _runs_anywhere(found):
            _link(found, site)
    # By the pip of this Python, and compiling no more than what is imported: both take longer than all the rest.
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-compile", "--no-warn-conflicts"]
    command += ["--quiet", "--disable-pip-version-check", "--no-input", "-r", str(REQUIREMENTS), *more]
    subprocess.run(command, check=True)


def _needed(version: str) -> Iterator[Distribution]:
    """Go through what is installed here of the front's requirements, and of theirs, for Python ``version``."""
    lines = REQUIREMENTS.read_text().splitlines()
    waiting = [(Requirement(line), "") for line in lines if line and not line.startswith(("#", "-"))]
    seen: set[tuple[str, str]] = set()
    while waiting:
        wanted, of_extra = waiting.pop()
        marks = {"python_version": version, "python_full_version": f"{version}.0", "extra": of_extra}
        if wanted.marker is not None and not wanted.marker.evaluate(marks):
            continue
        try:
            found = distribution(wanted.name)
        except PackageNotFoundError:
            continue
        for extra in ("", *wanted.extras):
            if (found.name, extra) not in seen:
                seen.add((found.name, extra))
                waiting += [(Requirement(requirement), extra) for requirement in found.requires or ()]
                if not extra:
                    yield found


def _runs_anywhere(found: Distribution) -> bool:
    """Return whether all of a package is Python's own code or made for every version from some version on."""
    tags = re.findall(r"^Tag: (.+)$", found.read_text("WHEEL") or "", re.MULTILINE)
    return bool(tags) and all(tag.endswith("-none-any") or "-abi3-" in tag for tag in tags)


def _link(found: Distribution, site: Path) -> None:
    made: set[Path] = set()
    for file in found.files or ():
        if ".." in file.parts or "__pycache__" in file.parts:
            continue
        target = site / file
        if target.parent not in made:
            target.parent.mkdir(parents=True, exist_ok=True)
            made.add(target.parent)
        target.symlink_to(str(file.locate()))
