"""What pipelines give to the templates is what azd gives: the parameter file, filled in from variables."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from infra.parameters import filled_in
from tests.unit.infra.templates import INFRA, ROOT

GIVEN = {
    "AZURE_ENV_NAME": "prod",
    "AZURE_LOCATION": "westeurope",
    "ADVISOR_ADMINISTRATOR_OBJECT_ID": "11111111-1111-1111-1111-111111111111",
    "ADVISOR_ADMINISTRATOR_NAME": 'Ada "the first" & friends',
    "ADVISOR_OIDC_AUDIENCE": "22222222-2222-2222-2222-222222222222",
    "ADVISOR_BUDGET_START_DATE": "2026-11-01",
}


def values(environment: dict[str, str], infra: Path = INFRA) -> dict[str, object]:
    return {name: parameter["value"] for name, parameter in filled_in(environment, infra)["parameters"].items()}


def test_values_have_the_types_that_the_templates_declare() -> None:
    given = values(GIVEN | {"ADVISOR_PUBLIC_FRONT": "false", "ADVISOR_MONTHLY_BUDGET": "300"})
    assert (given["publicFront"], given["privateNetworking"], given["monthlyBudget"]) == (False, False, 300)
    assert given["administratorName"] == 'Ada "the first" & friends'
    assert (given["tier"], given["workerImage"], given["oidcIssuer"]) == ("dev", "", "")


def test_a_variable_that_is_empty_counts_as_not_set() -> None:
    assert values(GIVEN | {"ADVISOR_TIER": "", "ADVISOR_MONTHLY_BUDGET": ""}) == values(GIVEN)


def test_all_that_is_missing_or_wrong_is_named_at_once() -> None:
    given = {name: value for name, value in GIVEN.items() if name != "ADVISOR_OIDC_AUDIENCE"}
    with pytest.raises(ValueError, match="ADVISOR_OIDC_AUDIENCE is not set") as error:
        filled_in(given | {"ADVISOR_PRIVATE_NETWORKING": "yes", "ADVISOR_MONTHLY_BUDGET": "much"})
    assert "privateNetworking" in str(error.value)
    assert "monthlyBudget" in str(error.value)


def test_what_operators_add_to_the_file_reaches_the_templates_as_it_is(tmp_path: Path) -> None:
    shutil.copy(INFRA / "main.bicep", tmp_path)
    content = json.loads((INFRA / "main.parameters.json").read_text())
    added = {"sizeOverrides": {"reportsMaxReplicas": 20}, "alertEmails": ["ops@contoso.example"]}
    content["parameters"] |= {name: {"value": value} for name, value in added.items()}
    (tmp_path / "main.parameters.json").write_text(json.dumps(content))
    assert values(GIVEN, tmp_path).items() >= added.items()


@pytest.mark.parametrize("workflow", ["deploy.yml", "infrastructure.yml"])
def test_pipelines_pass_every_variable_so_that_none_falls_back_to_its_default(workflow: str) -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / workflow).read_text())["jobs"].values()
    environments = [place.get("env", {}) for job in jobs for place in (job, *job["steps"])]
    passed = next(environment for environment in environments if "AZURE_ENV_NAME" in environment)
    names = set(re.findall(r"\$\{(\w+)", (INFRA / "main.parameters.json").read_text()))
    # The image is what runs; deploy.sh asks for it.
    assert set(passed) == names - {"SERVICE_WORKER_IMAGE_NAME"}
    for name, value in passed.items():
        assert f"vars.{name} " in value, name
