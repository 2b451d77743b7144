"""What the templates set is what the code knows, and all that it demands in production."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from shared.errors import SettingsError
from shared.settings import Settings, reading
from tests.unit.infra.templates import INFRA, MODULES, ROOT, app_settings, assignments

KNOWN = {name.upper() for name in Settings.model_fields}
# Of the Functions host and the platform, not of the product.
HOST_SETTINGS = {
    "AzureWebJobsStorage__blobServiceUri",
    "AzureWebJobsStorage__credential",
    "AzureWebJobsStorage__clientId",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "AzureWebJobsDisableHomepage",
}
# Flex Consumption refuses deployments that hold one of them.
FORBIDDEN = (
    "FUNCTIONS_WORKER_RUNTIME",
    "FUNCTIONS_EXTENSION_VERSION",
    "WEBSITE_RUN_FROM_PACKAGE",
    "WEBSITE_CONTENT",
    "SCM_DO_BUILD",
    "ENABLE_ORYX_BUILD",
    "WEBSITE_TIME_ZONE",
    "linuxFxVersion",
)
# Needed by one process only, which would work without it at first and fail when it matters.
NEEDED = {
    "front": {"AZURE_SERVICE_PRINCIPAL_USER", "DB_SYSTEM_USER", "AZURE_CLIENT_ID", "WAKE_QUEUE_URL"},
    "worker": {"AZURE_SERVICE_PRINCIPAL_USER", "DB_SYSTEM_USER", "AZURE_CLIENT_ID", "WAKE_QUEUE_URL", "WORKER_METRICS_PORT"},
    "migration": {"DB_OWNER_USER", "AZURE_CLIENT_ID"},
}
# What the expressions of the templates come to, where their form is checked.
EXAMPLES = {
    "BROKER_URL": "rediss://amr-x.westeurope.redis.azure.net:10000/0",
    "VAULT_URL": "https://kv-x.vault.azure.net/",
    "STORAGE_ACCOUNT_URL": "https://stx.blob.core.windows.net/",
    "WAKE_QUEUE_URL": "https://stx.queue.core.windows.net/",
    "API_URL": "https://func-x.azurewebsites.net",
    "ALLOWED_HOSTS": "func-x.azurewebsites.net",
    "OIDC_ISSUER": "https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111/v2.0",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=11111111-1111-1111-1111-111111111111",
    "DB_POOL_SIZE": "6",
    "SMTP_HOST": "smtp.azurecomm.net",
    "SMTP_PORT": "587",
    "SMTP_SECURITY": "starttls",
    "SMTP_PASSWORD_SECRET": "smtp-password",
    "MAIL_FROM": "reports@contoso.com",
    "MAIL_REPLY_TO": "people@contoso.com",
    "MAIL_PER_MINUTE": "0",
    "MAIL_REPORTS_KEY_SHA256": "0" * 64,
    "PUBLIC_URL": "https://advisor.contoso.com",
    "CREDENTIAL_HEALTH_CHECK_INTERVAL_HOURS": "6",
    "CREDENTIAL_CONSECUTIVE_FAILURES_BEFORE_ALERT": "3",
    "CREDENTIAL_REMINDER_HOURS": "24",
    "WORKER_SOFT_SHUTDOWN_S": "45",
    "WORKER_METRICS_PORT": "9464",
}


# Fernet keys have a form of their own.
FILLED_IN = {"SEALED_STORE_KEYS": "A" * 43 + "="}


def evaluated(settings: dict[str, str]) -> dict[str, str]:
    """Return values as a process would get them."""
    return {
        name: EXAMPLES.get(name, expression.strip("'") if expression.startswith("'") else "x")
        for name, expression in settings.items()
    }


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in KNOWN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("process", ["front", "worker", "migration"])
def test_no_template_sets_what_the_code_does_not_know(process: str) -> None:
    assert set(app_settings()[process]) <= KNOWN


@pytest.mark.parametrize("process", ["front", "worker", "migration"])
def test_each_process_starts_in_production_with_what_the_templates_set(
    process: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = app_settings()[process]
    assert set(settings) >= NEEDED[process]
    for name, value in evaluated(settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("WEBSITE_INSTANCE_ID" if process == "front" else "CONTAINER_APP_NAME", "x")
    loaded = reading.load()
    assert not loaded.app_environment.is_local
    assert loaded.db_sslmode == "verify-full"


@pytest.mark.parametrize("process", ["front", "worker", "migration"])
def test_a_demanded_setting_that_the_templates_forgot_would_be_noticed(
    process: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = evaluated(app_settings()[process])
    demanded = {"APP_ENVIRONMENT", "DB_HOST", "BROKER_URL", "BROKER_USER", "VAULT_URL", "STORAGE_ACCOUNT_URL", "OIDC_ISSUER"}
    for missing in demanded:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv(missing)
        with pytest.raises(SettingsError):
            reading.load()


def test_operators_add_settings_that_the_templates_leave_alone_and_override_none() -> None:
    main = (INFRA / "main.bicep").read_text()
    # What comes later in a union wins.
    assert "var commonSettings = union(chosenSettings, furtherSettings, {" in main
    for process in ("front", "worker", "migration"):
        assert f"var {process}Settings = union(commonSettings, {{" in main


def test_the_host_gets_its_own_settings_and_none_that_the_plan_forbids() -> None:
    assert set(assignments(MODULES / "functions.bicep", "hostSettings")) == HOST_SETTINGS
    for template in INFRA.rglob("*.bicep"):
        assert not [name for name in FORBIDDEN if name in template.read_text()], template.name


def test_parameters_of_mail_and_credentials_have_the_bounds_and_defaults_of_the_settings() -> None:
    main = (INFRA / "main.bicep").read_text()
    given = assignments(INFRA / "main.bicep", "mailSettings") | assignments(INFRA / "main.bicep", "credentialSettings")
    for name, expression in given.items():
        parameter = re.sub(r"string\((\w+)\)", r"\1", expression)
        declared = re.search(rf"((?:^@[^\n]+\n)*)^param {parameter} (string|int) = '?([^'\n]*)'?$", main, re.MULTILINE)
        assert declared, name
        setting = Settings.model_fields[name.lower()]
        if declared[2] == "int":
            bounds = [getattr(each, side) for side in ("ge", "le") for each in setting.metadata if hasattr(each, side)]
            assert [int(found) for found in re.findall(r"@m(?:in|ax)Value\((\d+)\)", declared[1])] == bounds, name
        assert declared[3] == str(setting.default), name


def test_no_secret_is_among_the_settings() -> None:
    named_or_hashed = {"SMTP_PASSWORD_SECRET", "MAIL_REPORTS_KEY_SHA256"}
    for settings in app_settings().values():
        secretive = {name for name in settings if any(word in name for word in ("PASSWORD", "SECRET", "KEY"))}
        assert secretive == named_or_hashed


def test_the_front_begins_as_a_process_of_its_own_with_what_the_templates_set() -> None:
    environment = evaluated(app_settings()["front"]) | {"PATH": os.environ["PATH"], "WEBSITE_INSTANCE_ID": "x"}
    script = (
        "import function_app\n"
        "print(sorted(f.get_function_name() for f in function_app.app.get_functions()))\n"
        "from function_app.asgi import services\n"
        "print(services().settings.app_environment, services().database.target.user)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["['http', 'tick']", "production x"]


def _filled_in(name: str, value: str) -> str:
    """Return what compose makes of a value where nobody chose anything that need not be chosen."""
    if (optional := re.fullmatch(r"\$\{\w+:-(.*)\}", value)) is not None:
        return optional[1]
    return FILLED_IN.get(name, "x") if value.startswith("${") else value


def test_compose_sets_what_the_code_knows_and_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    product = {name: compose["services"][name]["environment"] for name in ("front", "interactive", "reports", "migration")}
    for environment in product.values():
        assert set(environment) - {"IDENTITY_ENDPOINT", "IDENTITY_HEADER"} <= KNOWN
        for name, value in environment.items():
            monkeypatch.setenv(name, _filled_in(name, value))
        assert reading.load().app_environment.is_local
    assert "DB_OWNER_PASSWORD" in product["migration"]
    assert "DB_OWNER_PASSWORD" not in product["front"] | product["reports"]


def test_the_sample_of_compose_names_all_that_must_be_filled_in() -> None:
    demanded = set(re.findall(r"\$\{(\w+):\?", (ROOT / "docker-compose.yml").read_text()))
    sample = dict(
        line.split("=", 1)
        for line in (INFRA / "compose" / "sample.env").read_text().splitlines()
        if line and not line.startswith("#")
    )
    assert demanded <= set(sample)
    assert {name: value for name, value in sample.items() if name in demanded and value} == {
        "AZURITE_ACCOUNTS": "advisorlocal:"
    }
