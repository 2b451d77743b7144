"""``make install``: the virtual environment, Azurite and the fonts; needs nothing but Python's own library.

What was installed is noted with a fingerprint of everything that decides it, so that a second run ends at once.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_VENV = _ROOT / ".venv"
_PYTHON = _VENV / "bin" / "python"
_LOCAL = _ROOT / ".local"
_NOTE = _LOCAL / "installed.json"
_NPM_FOLDER = _ROOT / "infra" / "local"
_FONT_LIST = _ROOT / "worker" / "reports" / "fonts.json"
_REQUIREMENTS = ("requirements.txt", "worker/requirements.txt", "tests/requirements.txt", "constraints.txt")
_EXCHANGES = _ROOT / "worker" / "exchanges-requirements.txt"


def main() -> int:
    """Install what is missing or outdated and return the exit code."""
    parts = {
        "python": _fingerprint(*(_ROOT / name for name in _REQUIREMENTS), salt=str(_VENV)),
        "exchanges": _fingerprint(_EXCHANGES, salt=str(_LOCAL)),
        "npm": _fingerprint(_NPM_FOLDER / "package-lock.json", salt=str(_NPM_FOLDER)),
        "fonts": _fingerprint(_FONT_LIST, _NPM_FOLDER / "package-lock.json"),
    }
    installers = {
        "python": _install_python,
        "exchanges": _install_exchanges,
        "npm": _install_npm,
        "fonts": _install_fonts,
    }
    noted = _noted()
    for part, install in installers.items():
        if noted.get(part) == parts[part] and _is_there(part):
            continue
        begun = time.monotonic()
        try:
            install()
        except subprocess.CalledProcessError as error:
            print(f"error: installing the {part} part failed: {' '.join(map(str, error.cmd[:3]))} …", file=sys.stderr)
            return 1
        noted[part] = parts[part]
        _NOTE.parent.mkdir(exist_ok=True)
        _NOTE.write_text(json.dumps(noted))
        print(f"installed: {part} ({time.monotonic() - begun:.0f} s)", flush=True)
    return 0


def _install_python() -> None:
    if not _works(_PYTHON):
        shutil.rmtree(_VENV, ignore_errors=True)
        print(f"making .venv with Python {sys.version.split()[0]}", flush=True)
        made = subprocess.run([sys.executable, "-m", "venv", _VENV], capture_output=True, text=True, check=False)
        if made.returncode != 0:
            shutil.rmtree(_VENV, ignore_errors=True)
            print(made.stderr or made.stdout, file=sys.stderr)
            print("       On Debian and Ubuntu the package python3-venv is needed.", file=sys.stderr)
            raise subprocess.CalledProcessError(made.returncode, made.args)
    print("installing Python packages", flush=True)
    _pip_install("-r", _ROOT / _REQUIREMENTS[2])


def _install_exchanges() -> None:
    """Put ccxt beside the environment, for its tests: what else comes with it makes every process begin more slowly."""
    folder = _LOCAL / "exchanges"
    shutil.rmtree(folder, ignore_errors=True)
    ccxt = next(line for line in _EXCHANGES.read_text().splitlines() if line.startswith("ccxt=="))
    print("installing ccxt for its tests", flush=True)
    _pip_install("--no-deps", "--target", folder, ccxt)


def _pip_install(*what: str | Path) -> None:
    _run([_PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", *what])


def _install_npm() -> None:
    print("installing Azurite and fonts by npm", flush=True)
    # By the new environment's Python, which knows the Node.js of the wheel.
    script = "import json; from infra.local import node; found = node.find(); print(json.dumps([found.npm, found.path]))"
    answer = subprocess.run([_PYTHON, "-c", script], cwd=_ROOT, capture_output=True, text=True, check=True)
    npm, path = json.loads(answer.stdout)
    environment = {**os.environ, "PATH": path}
    if not os.access(Path.home(), os.W_OK):
        environment["npm_config_cache"] = str(_LOCAL / "npm")
    _run([*npm, "ci", "--loglevel=error"], folder=_NPM_FOLDER, environment=environment)


def _install_fonts() -> None:
    folder = _LOCAL / "fonts"
    folder.mkdir(parents=True, exist_ok=True)
    for name in json.loads(_FONT_LIST.read_text())["files"]:
        source = _NPM_FOLDER / "node_modules" / name
        target = folder / source.name
        shutil.copyfile(source, target.with_suffix(".partial"))
        target.with_suffix(".partial").replace(target)


def _is_there(part: str) -> bool:
    return {
        "python": _PYTHON.exists(),
        "exchanges": (_LOCAL / "exchanges" / "ccxt").exists(),
        "npm": (_NPM_FOLDER / "node_modules" / "azurite").exists(),
        "fonts": (_LOCAL / "fonts").exists(),
    }[part]


def _works(python: Path) -> bool:
    try:
        return subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _run(command: list[str | Path], *, folder: Path = _ROOT, environment: dict[str, str] | None = None) -> None:
    subprocess.run([str(part) for part in command], cwd=folder, env=environment, check=True)


def _fingerprint(*files: Path, salt: str = "") -> str:
    digest = hashlib.sha256(salt.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _noted() -> dict[str, str]:
    try:
        noted = json.loads(_NOTE.read_text())
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


if __name__ == "__main__":
    sys.exit(main())
