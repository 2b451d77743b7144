"""The scripts around a deployment: the real ones, against a real server, with a stand-in for Azure's command line only."""

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from shared.database import schema
from tests.integration.infra.conftest import AzureServer

ROOT = Path(__file__).resolve().parents[3]
HOOKS = ROOT / "infra" / "hooks"
IMAGE = "cr.azurecr.io/azure-advisor-reports/worker@sha256:" + "a" * 64
# Answers as az and azd do, and writes down what it was asked; files that are named as arguments, with their content.
_COMMAND_LINE = """#!{python}
import json, os, sys
with open(os.environ["ASKED"], "a") as log:
    words = [open(word[1:]).read() if word.startswith("@") else word for word in sys.argv[1:]]
    log.write(json.dumps([os.path.basename(sys.argv[0]), *words]) + "\\n")
answers = json.loads(os.environ["ANSWERS"])
print(next((answer for words, answer in answers.items() if words in " ".join(sys.argv[1:])), ""))
"""


def run(script: str, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [HOOKS / script, *arguments],
        cwd=ROOT / "docs",
        env={
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "ADVISOR_PYTHON": sys.executable,
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def outputs(server: AzureServer) -> dict[str, str]:
    """What the templates put out, for the local server; its administrator has a password instead of a token."""
    given = server.environment(server.person, "hooked")
    for name in ("APP_ENVIRONMENT", "DB_OWNER_USER"):
        given.pop(name)
    login, password = server.person
    return {
        **given,
        "DB_ADMINISTRATOR": login,
        "DB_SYSTEM_PASSWORD": password,
        "FRONT_IDENTITY": f"id-front-h={uuid4()}",
        "WORKER_IDENTITY": f"id-worker-h={uuid4()}",
        "DATABASE_IS_PUBLIC": "true",
    }


def test_provisioning_ends_with_a_database_that_operators_can_use(outputs: dict[str, str]) -> None:
    first = run("postprovision.sh", outputs)
    assert first.returncode == 0, first.stderr
    assert "made the login id-front-h-upkeep" in first.stdout
    assert f"the schema is at revision {schema.expected_revision()}\n" in first.stdout
    again = run("postprovision.sh", outputs)
    assert (again.returncode, again.stdout) == (0, f"the schema is at revision {schema.expected_revision()} already\n")
    made = run("as-operator.sh", outputs, "tenant", "create", "Contoso & Söhne")
    assert made.returncode == 0, made.stderr
    assert "Contoso & Söhne" in run("as-operator.sh", outputs, "tenant", "list").stdout


def test_a_database_that_does_not_answer_this_machine_is_left_to_the_job(outputs: dict[str, str]) -> None:
    done = run("postprovision.sh", outputs | {"DB_PORT": "9"})
    assert done.returncode == 0
    assert "did not answer" in done.stderr
    assert "the migration job prepares it" in done.stdout


@pytest.mark.parametrize("here", [{"DATABASE_IS_PUBLIC": "false"}, {"ADVISOR_PYTHON": "/nowhere/python"}])
def test_a_database_that_nothing_here_can_prepare_is_left_to_the_job(here: dict[str, str]) -> None:
    done = run("postprovision.sh", {"FRONT_IDENTITY": "f", "WORKER_IDENTITY": "w", "DATABASE_IS_PUBLIC": "true"} | here)
    assert done.returncode == 0
    assert "the migration job prepares it" in done.stdout


@pytest.mark.parametrize("script", ["postprovision.sh", "postdeploy.sh", "as-operator.sh"])
def test_what_is_missing_is_named(script: str) -> None:
    done = run(script, {"FRONT_IDENTITY": "f", "WORKER_IDENTITY": "w", "DATABASE_IS_PUBLIC": "true"}, "tenant")
    assert done.returncode == 78
    assert "is not set" in done.stderr


@pytest.fixture
def azure(tmp_path: Path) -> dict[str, str]:
    for name in ("az", "azd"):
        (tmp_path / name).write_text(_COMMAND_LINE.format(python=sys.executable))
        (tmp_path / name).chmod(0o755)
    return {"PATH": f"{tmp_path}:{os.environ['PATH']}", "ASKED": str(tmp_path / "asked")}


def asked(azure: dict[str, str]) -> list[list[str]]:
    return [json.loads(line) for line in Path(azure["ASKED"]).read_text().splitlines()]


DEPLOYED = {
    "AZURE_RESOURCE_GROUP": "rg-test",
    "INTERACTIVE_WORKER_NAME": "ca-interactive",
    "REPORTS_WORKER_NAME": "ca-reports",
    "MIGRATION_JOB_NAME": "caj-migration",
}


def test_deployment_migrates_before_the_other_role_gets_its_image(azure: dict[str, str]) -> None:
    answers = {"containerapp show": IMAGE, "job start": "run-1", "execution show": "Succeeded"}
    done = run("postdeploy.sh", DEPLOYED | azure | {"ANSWERS": json.dumps(answers)})
    assert done.returncode == 0, done.stderr
    acts = [" ".join(word for word in call[1:4] if not word.startswith("--")) for call in asked(azure)]
    assert acts == [
        "containerapp show",
        "containerapp job update",
        "containerapp job start",
        "containerapp job execution",
        "containerapp update",
    ]
    updated = [call for call in asked(azure) if "--image" in call]
    assert [call[call.index("--name") + 1] for call in updated] == ["caj-migration", "ca-reports"]
    assert {call[call.index("--image") + 1] for call in updated} == {IMAGE}


def test_a_migration_that_fails_stops_the_deployment_and_says_where_its_log_is(azure: dict[str, str]) -> None:
    answers = {"job start": "run-1", "execution show": "Failed"}
    done = run("postdeploy.sh", DEPLOYED | azure | {"ANSWERS": json.dumps(answers)}, IMAGE)
    assert done.returncode == 1
    assert "ended as Failed" in done.stderr
    assert "--execution run-1" in done.stderr
    assert not [call for call in asked(azure) if call[1:3] == ["containerapp", "update"]]


def test_without_azd_the_templates_get_the_parameter_file_and_the_image_that_runs(azure: dict[str, str]) -> None:
    given = {
        "AZURE_ENV_NAME": "prod",
        "AZURE_LOCATION": "westeurope",
        "ADVISOR_ADMINISTRATOR_OBJECT_ID": "11111111-1111-1111-1111-111111111111",
        "ADVISOR_ADMINISTRATOR_NAME": "ada@contoso.example",
        "ADVISOR_OIDC_AUDIENCE": "x",
        "ADVISOR_BUDGET_START_DATE": "2026-11-01",
    }
    answers = {"ANSWERS": json.dumps({"containerapp list": IMAGE})}
    done = run("deploy.sh", given | azure | answers, "what-if")
    assert done.returncode == 0, done.stderr
    shown = next(call for call in asked(azure) if call[1:4] == ["deployment", "sub", "what-if"])
    parameters = json.loads(shown[shown.index("--parameters") + 1])["parameters"]
    assert (parameters["environmentName"]["value"], parameters["workerImage"]["value"]) == ("prod", IMAGE)
    missing = run("deploy.sh", given | azure | answers | {"ADVISOR_OIDC_AUDIENCE": ""}, "provision")
    assert (missing.returncode, "ADVISOR_OIDC_AUDIENCE is not set" in missing.stderr) == (78, True)


def test_provisioning_begins_with_what_azd_does_not_know(azure: dict[str, str]) -> None:
    answers = {"--query id": "11111111-1111-1111-1111-111111111111", "userPrincipalName": "ada@contoso.example"}
    done = run("preprovision.sh", azure | {"ANSWERS": json.dumps(answers), "ADVISOR_OIDC_AUDIENCE": "x"})
    assert done.returncode == 0, done.stderr
    remembered = {call[3]: call[4] for call in asked(azure) if call[0] == "azd"}
    assert remembered.pop("ADVISOR_BUDGET_START_DATE").endswith("-01")
    assert remembered == {
        "ADVISOR_ADMINISTRATOR_OBJECT_ID": "11111111-1111-1111-1111-111111111111",
        "ADVISOR_ADMINISTRATOR_NAME": "ada@contoso.example",
    }


def test_an_administrator_without_a_name_is_asked_for_it(azure: dict[str, str]) -> None:
    done = run("preprovision.sh", azure | {"ANSWERS": "{}", "ADVISOR_ADMINISTRATOR_OBJECT_ID": "x"})
    assert done.returncode == 78
    assert "ADVISOR_ADMINISTRATOR_NAME is not set" in done.stderr


def test_without_anybody_signed_in_nothing_is_remembered_and_the_next_step_is_named(azure: dict[str, str]) -> None:
    done = run("preprovision.sh", azure | {"ANSWERS": "{}", "ADVISOR_OIDC_AUDIENCE": "x"})
    assert done.returncode == 78
    assert "az login" in done.stderr
    assert "ADVISOR_ADMINISTRATOR_OBJECT_ID" not in [call[3] for call in asked(azure) if call[0] == "azd"]
