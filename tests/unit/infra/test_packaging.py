"""Images, packages, services and pipelines: what they hold, and that they fit each other."""

import os
import re
import signal
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from infra import package_front
from shared import exit_codes
from tests.unit.infra.templates import INFRA, ROOT, image_environment

DOCKERFILE = (ROOT / "worker" / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MEBIBYTE = 1024 * 1024


def closure(requirements: Path) -> set[str]:
    """Return the names of all packages that ``requirements`` bring with them here."""
    lines = [line for line in requirements.read_text().splitlines() if re.match(r"[A-Za-z]", line)]
    waiting = [wanted for wanted in map(Requirement, lines) if wanted.marker is None or wanted.marker.evaluate()]
    done: set[str] = set()
    while waiting:
        wanted = waiting.pop()
        try:
            distribution = metadata.distribution(wanted.name)
        except metadata.PackageNotFoundError:
            continue
        for extra in {"", *wanted.extras}:
            if (key := f"{wanted.name}[{extra}]".lower()) in done:
                continue
            done.add(key)
            for line in distribution.requires or []:
                needed = Requirement(line)
                if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                    waiting.append(needed)
    return {key.partition("[")[0].replace("_", "-") for key in done}


def test_the_front_with_all_its_packages_stays_small(tmp_path: Path) -> None:
    target = tmp_path / "front.zip"
    own = package_front.pack(target)
    packages = closure(ROOT / "requirements.txt")
    assert {"fastapi", "sqlalchemy", "psycopg-binary", "cryptography", "azure-core"} <= packages
    with zipfile.ZipFile(tmp_path / "packages.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in packages:
            for file in metadata.distribution(name).files or []:
                path = Path(str(file.locate()))
                # Caches of this Python are not shipped; the platform makes its own.
                if path.suffix != ".pyc" and path.is_file():
                    archive.write(path, str(file))
    assert own + (tmp_path / "packages.zip").stat().st_size < 60 * MEBIBYTE


def test_the_package_of_the_front_holds_what_it_imports_and_nothing_else() -> None:
    names = {path.parts[0] for path in package_front.files()}
    assert names == {"function_app", "function_app.py", "shared", "host.json", "requirements.txt", "constraints.txt"}
    packed = {str(path) for path in package_front.files()}
    for folder in ("function_app", "shared"):
        assert {str(path.relative_to(ROOT)) for path in (ROOT / folder).rglob("*.py")} <= packed


def test_base_images_are_named_by_digest() -> None:
    for dockerfile in (ROOT / "worker" / "Dockerfile", INFRA / "compose" / "Dockerfile"):
        text = dockerfile.read_text()
        for image in re.findall(r"^ARG \w+_IMAGE=(\S+)", text, re.MULTILINE):
            assert re.fullmatch(r"[a-z]+:[\w.-]+@sha256:[0-9a-f]{64}", image)
        stages = set(re.findall(r"^FROM \S+ AS (\S+)", text, re.MULTILINE))
        for image in re.findall(r"^FROM (\S+)", text, re.MULTILINE):
            assert image.startswith("${") or image in stages


def test_the_python_of_image_and_front_is_the_same() -> None:
    image = re.search(r"ARG PYTHON_IMAGE=python:(\d+\.\d+)-", DOCKERFILE)
    front = re.search(r"param pythonVersion string = '(\S+)'", (INFRA / "main.bicep").read_text())
    assert image
    assert front
    assert image[1] == front[1]


def test_the_image_copies_what_the_worker_imports_and_is_let_in() -> None:
    copied = set(re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE))
    assert {"shared", "worker"} <= copied
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for names in copied:
        for name in names.split():
            assert (ROOT / name).exists(), name
            assert any(name == place or name.startswith(f"{place}/") for place in allowed), name


def test_the_image_needs_no_compiler(tmp_path: Path) -> None:
    """Every pinned package is one that constraints name exactly."""
    constrained = {
        re.split(r"[=\[;]", line)[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    wanted = closure(ROOT / "requirements.txt") | closure(ROOT / "worker" / "requirements.txt")
    assert wanted <= constrained | {"setuptools"}


def test_the_entry_point_of_the_image_runs_its_command(tmp_path: Path) -> None:
    environment = image_environment()
    assert environment["REMAP_SIGTERM"] == "SIGQUIT"
    entry = re.search(r'^ENTRYPOINT \["python", (.+)\]$', DOCKERFILE, re.MULTILINE)
    command = re.search(r"^CMD \[(.+)\]$", DOCKERFILE, re.MULTILINE)
    assert entry
    assert command
    arguments = [part.strip().strip('"') for part in f"{entry[1]}, {command[1]}".split(",")]
    # Without settings it must end by itself with the code that says so, from a folder that holds the two packages only.
    for name in ("shared", "worker"):
        (tmp_path / name).symlink_to(ROOT / name)
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=tmp_path,
        env={**{name: value for name, value in environment.items() if name != "PATH"}, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == exit_codes.CONFIGURATION
    assert "APP_ENVIRONMENT is not set" in done.stderr


def test_stops_are_waited_for_longer_than_a_soft_shutdown_takes() -> None:
    assert getattr(signal, re.search(r"^STOPSIGNAL (\w+)$", DOCKERFILE, re.MULTILINE)[1]) == signal.SIGTERM  # type: ignore[index]
    for role in ("interactive", "reports"):
        service = COMPOSE["services"][role]
        assert float(service["environment"]["WORKER_SOFT_SHUTDOWN_S"]) < float(service["stop_grace_period"].rstrip("s"))
    unit = (INFRA / "systemd" / "advisor-reports-worker@.service").read_text()
    assert "KillMode=mixed" in unit
    assert int(re.search(r"TimeoutStopSec=(\d+)", unit)[1]) > 45  # type: ignore[index]
    assert f"RestartPreventExitStatus={exit_codes.CONFIGURATION}" in unit


def test_compose_closes_every_process_of_the_product() -> None:
    for name in ("front", "interactive", "reports", "migration", "flower", "identity", "container", "certificates"):
        service = COMPOSE["services"][name]
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    for name, service in COMPOSE["services"].items():
        for port in service.get("ports", []):
            assert port.startswith(("127.0.0.1:", "${ADVISOR_LISTEN:-127.0.0.1:")), name


def test_azd_finds_its_services_hooks_and_tags() -> None:
    project = yaml.safe_load((ROOT / "azure.yaml").read_text())
    main = (INFRA / "main.bicep").read_text()
    assert set(project["services"]) == set(re.findall(r"serviceName: '(\w+)'", main))
    assert project["services"]["worker"]["docker"]["path"] == "worker/Dockerfile"
    hooks = [*project["hooks"].values(), *project["services"]["worker"]["hooks"].values()]
    for hook in hooks:
        for system in hook.values():
            assert (ROOT / system["run"]).is_file()
    shell, powershell = ({path.stem for path in (INFRA / "hooks").glob(f"*.{kind}")} for kind in ("sh", "ps1"))
    # deploy is for pipelines, which run on Linux.
    assert shell - powershell == {"deploy"}
    assert powershell <= shell


def test_azd_migrates_before_it_deploys_the_front() -> None:
    project = yaml.safe_load((ROOT / "azure.yaml").read_text())
    steps = [step["azd"] for step in project["workflows"]["up"]["steps"]]
    assert steps == ["provision", "deploy worker", "deploy api"]
    assert project["services"]["api"]["uses"] == ["worker"]
    # The migration hangs on the worker: it is through, or has failed, before the next step begins.
    assert "postdeploy" in project["services"]["worker"]["hooks"]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_name_actions_by_digest_and_ask_for_little(workflow: Path) -> None:
    text = workflow.read_text()
    for action in re.findall(r"uses: (\S+)", text):
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), action
    content = yaml.safe_load(text)
    assert content["permissions"] == {}
    for job in content["jobs"].values():
        asked = job["permissions"]
        assert asked == {"contents": "read"} or (asked == {"contents": "read", "id-token": "write"} and job["environment"])
        assert job["timeout-minutes"]
    assert "secrets." not in text
    assert "pull_request_target" not in text
