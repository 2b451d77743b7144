"""The files by which the Functions host finds, loads and configures the front."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.local.functions_settings import HOST_VALUES
from shared.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {"DB_PASSWORD", "DB_SYSTEM_PASSWORD", "DB_OWNER_PASSWORD", "IDENTITY_ENDPOINT", "IDENTITY_HEADER"}


@pytest.fixture(scope="module")
def host() -> dict[str, Any]:
    return dict(json.loads((ROOT / "host.json").read_text()))


@pytest.fixture(scope="module")
def sample() -> dict[str, str]:
    return dict(json.loads((ROOT / "local.settings.sample.json").read_text())["Values"])


@pytest.fixture(scope="module")
def functions(sample: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """The functions as the host's own worker finds them, by name, with their bindings."""
    script = (
        "import json, function_app; assert function_app.__file__.endswith('__init__.py'), function_app.__file__\n"
        "found = function_app.app.get_functions()\n"
        "bindings = {f.get_function_name(): [b.get_dict_repr() for b in f.get_bindings()] for f in found}\n"
        "print(json.dumps(bindings, default=str))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=_complete(sample), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_marker_defines_nothing() -> None:
    tree = ast.parse((ROOT / "function_app.py").read_text())
    assert len(tree.body) == 1
    assert ast.get_docstring(tree)


def test_package_is_what_the_host_imports_and_holds_one_app(functions: dict[str, list[dict[str, Any]]]) -> None:
    assert set(functions) == {"http", "tick"}


def test_timers_run_on_six_field_schedules(functions: dict[str, list[dict[str, Any]]]) -> None:
    schedules = [binding["schedule"] for bindings in functions.values() for binding in bindings if "schedule" in binding]
    assert schedules
    for schedule in schedules:
        assert re.fullmatch(r"(\S+ ){5}\S+", schedule)


def test_front_serves_its_own_paths(host: dict[str, Any]) -> None:
    assert host["extensions"]["http"]["routePrefix"] == ""
    assert HOST_VALUES["AzureWebJobsDisableHomepage"] == "true"


def test_host_loads_no_extension_bundle(host: dict[str, Any]) -> None:
    assert "extensionBundle" not in host


def test_every_timer_is_off_where_the_host_has_no_storage(
    functions: dict[str, list[dict[str, Any]]], sample: dict[str, str]
) -> None:
    timers = [name for name, bindings in functions.items() if any("schedule" in binding for binding in bindings)]
    assert {f"AzureWebJobs.{name}.Disabled" for name in timers} <= set(sample)


def test_sample_settings_are_settings(sample: dict[str, str]) -> None:
    product = set(sample) - set(HOST_VALUES) - {"IDENTITY_ENDPOINT", "IDENTITY_HEADER"}
    assert product <= {name.upper() for name in Settings.model_fields}
    Settings(**{name.lower(): value for name, value in _complete(sample).items() if name in product})  # type: ignore[arg-type]


def test_sample_holds_no_secret(sample: dict[str, str]) -> None:
    assert {sample[name] for name in SECRETS} == {""}


def test_what_is_left_out_of_the_deployment_is_not_imported_by_it() -> None:
    ignored = {line.rstrip("/") for line in (ROOT / ".funcignore").read_text().split()}
    assert {"worker", "tests", "infra", ".venv", ".local", "local.settings.json"} <= ignored
    deployed = [path for name in ("function_app", "shared") for path in (ROOT / name).rglob("*")]
    assert not [path for path in deployed if ignored & set(path.relative_to(ROOT).parts) - {"__pycache__"}]
    for needed in ("requirements.txt", "constraints.txt", "host.json", "function_app.py"):
        assert needed not in ignored


def _complete(sample: dict[str, str]) -> dict[str, str]:
    filled = dict.fromkeys(SECRETS, "x") | {"PATH": ""}
    return {**sample, **filled}
