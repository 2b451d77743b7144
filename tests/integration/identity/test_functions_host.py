"""The front as the Functions host runs it in production: signed in by identity, called by the types of SDK and runtime."""

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.identity import front_packages

ROOT = Path(__file__).resolve().parents[3]
RUNTIME = "azure-functions-runtime==1.3.0"
HOST = "front.example"
# What the host does with the app of this Python's SDK: index it, then call its functions with requests of the SDK's types.
_SDK_HOST = """
import asyncio, json
from types import SimpleNamespace
import azure.functions as func
import function_app

functions = {found.get_function_name(): found for found in function_app.app.get_functions()}
context = SimpleNamespace(
    function_directory="/home/site/wwwroot", function_name="http", invocation_id="1", thread_local_storage=None,
    trace_context=SimpleNamespace(trace_parent="", trace_state="", attributes={}), retry_context=None,
)
request = func.HttpRequest("GET", "https://front.example/health/ready", headers={"host": "front.example"}, body=b"")
answer = asyncio.run(functions["http"].get_user_function()(request, context))
functions["tick"].get_user_function()(func.timer.TimerRequest(past_due=True))
print(json.dumps({"functions": sorted(functions), "status_code": answer.status_code, "body": json.loads(answer.get_body())}))
"""


@pytest.fixture
def production(azure_environment: dict[str, str]) -> dict[str, str]:
    """The environment of a Functions app in Azure: production's rules, Azure's own variables, no password."""
    kept = {name: value for name, value in azure_environment.items() if name != "SEALED_STORE_KEYS"}
    return kept | {
        "APP_ENVIRONMENT": "production",
        "WEBSITE_INSTANCE_ID": "1",
        "VAULT_URL": "https://kv-x.vault.azure.net",
        "ALLOWED_HOSTS": HOST,
        "OIDC_ISSUER": "https://login.example/v2.0",
        "OIDC_AUDIENCE": "x",
    }


def test_front_serves_and_ticks_in_production_through_the_sdks_types(production: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SDK_HOST], cwd=ROOT, env=production, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    assert (seen["functions"], seen["status_code"]) == (["http", "tick"], 200)
    states = {check["name"]: check["state"] for check in seen["body"]["checks"]}
    assert {name for name, state in states.items() if state == "down"} <= {"vault"}, states


def _is_python_313(python: str) -> bool:
    """Return whether ``python`` runs: a version manager's stand-in is there also where no version is chosen."""
    command = [python, "-c", "import sys; sys.exit(sys.version_info[:2] != (3, 13))"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="session")
def runtime_python() -> Path:
    """A Python 3.13 with the front's packages and the runtime of the Functions host; made once and kept."""
    candidates = [shutil.which("python3.13"), *map(str, Path("~/.pyenv/versions").expanduser().glob("3.13.*/bin/python"))]
    base = next((found for found in candidates if found and _is_python_313(found)), None)
    if base is None:
        pytest.skip("the runtime of the Functions host needs Python 3.13, which is not installed here")
    folder = ROOT / ".local" / "functions"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        # Another process of this run may be making it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _with_packages(base, folder)


def _with_packages(base: str, folder: Path) -> Path:
    python, note = folder / "venv" / "bin" / "python", folder / "installed"
    wanted = hashlib.sha256(
        b"".join((ROOT / name).read_bytes() for name in ("requirements.txt", "constraints.txt")) + RUNTIME.encode()
    ).hexdigest()
    if not python.exists() or not note.exists() or note.read_text() != wanted:
        subprocess.run([base, "-m", "venv", "--without-pip", "--clear", folder / "venv"], check=True)
        front_packages.install(python, "3.13", RUNTIME)
        note.write_text(wanted)
    return python


def play_host(
    python: Path, environment: dict[str, str], folder: Path, invocations: list[dict[str, object]]
) -> dict[str, object]:
    done = subprocess.run(
        [python, ROOT / "tests" / "integration" / "functions" / "host_child.py"],
        cwd=folder,
        env=environment,
        input=json.dumps({"folder": str(folder), "invocations": invocations}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.long
def test_front_serves_and_ticks_in_the_runtime_of_the_functions_host(
    production: dict[str, str], runtime_python: Path
) -> None:
    seen = play_host(
        runtime_python,
        production,
        ROOT,
        [
            {"function": "http", "method": "GET", "path": "/health/ready", "headers": {"host": HOST}},
            {"function": "http", "method": "GET", "path": "/nothing", "headers": {"host": HOST}},
            {"function": "tick", "schedule": True},
        ],
    )
    assert seen["started"] == "Success"
    functions = seen["functions"]
    assert isinstance(functions, dict)
    triggers = {name: bindings[0]["type"] for name, bindings in functions.items()}
    assert triggers == {"http": "httpTrigger", "tick": "timerTrigger"}
    assert functions["http"][0]["route"] == "/{*route}"
    answers = seen["answers"]
    assert isinstance(answers, list)
    assert [answer["status"] for answer in answers] == ["Success", "Success", "Success"], answers
    assert [answer.get("status_code") for answer in answers] == ["200", "404", None]


def test_a_broken_import_is_a_failure_and_not_an_app_without_functions(
    production: dict[str, str], runtime_python: Path, tmp_path: Path
) -> None:
    (tmp_path / "function_app").mkdir()
    (tmp_path / "function_app" / "__init__.py").write_text("import a_package_that_is_missing\n")
    (tmp_path / "function_app.py").write_text('"""Marker."""\n')
    seen = play_host(runtime_python, production, tmp_path, [])
    assert seen["started"] == "Failure"
    assert "a_package_that_is_missing" in str(seen["error"])
