"""Profiles: what each refuses and demands, all of it said at once, and the same in every process."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shared import settings
from shared.errors import SettingsError
from shared.settings.profiles import PROFILES, RULES, Environment
from shared.versions import RELEASE
from tests.unit.test_settings import _CLOUD, _LOCAL

ROOT = Path(__file__).resolve().parents[2]
WRONG_IN_PRODUCTION = {
    "DB_PASSWORD": "hunter2-hunter2",
    "DB_SYSTEM_PASSWORD": "hunter2-hunter2",
    "DB_OWNER_PASSWORD": "hunter2-hunter2",
    "DB_SSLMODE": "require",
    "BROKER_URL": "redis://:hunter2@cache.example.com:6379/0",
    "SEALED_STORE_KEYS": "hunter2-hunter2",
    "DEVELOPMENT_API_KEY": "aar_" + "hunter2" * 6,
    "ALLOWED_HOSTS": "*",
    "DEBUG": "true",
    "AZURE_CREDENTIAL": "developer",
}
DEMANDED_IN_PRODUCTION = ("BROKER_USER", "VAULT_URL", "ALLOWED_HOSTS", "OIDC_ISSUER", "OIDC_AUDIENCE", "STORAGE_ACCOUNT_URL")


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in settings.Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def _complaint(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> str:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        settings.load()
    return refused.value.message


def test_production_names_every_violation_at_once_and_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    complaint = _complaint(monkeypatch, _CLOUD | WRONG_IN_PRODUCTION)
    for name in WRONG_IN_PRODUCTION:
        assert name in complaint
    assert "hunter2" not in complaint


def test_violations_are_named_beside_fields_that_are_wrong_in_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    complaint = _complaint(monkeypatch, {"APP_ENVIRONMENT": "production", "MAX_ROWS": "many", "DB_PASSWORD": "hunter2"})
    for name in ("DATABASE_URL", "MAX_ROWS", "DB_PASSWORD", *DEMANDED_IN_PRODUCTION):
        assert name in complaint
    assert complaint.count("DATABASE_URL is not set") == 1
    assert "hunter2" not in complaint


def test_a_database_that_is_no_postgresql_is_refused_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no other database" in _complaint(monkeypatch, _CLOUD | {"DATABASE_URL": "sqlite:///reports.db"})


@pytest.mark.parametrize(
    "variable", ["WEBSITE_INSTANCE_ID", "WEBSITE_SITE_NAME", "CONTAINER_APP_NAME", "CONTAINER_APP_JOB_NAME"]
)
@pytest.mark.parametrize("profile", ["development", "testing"])
def test_profiles_of_one_machine_never_run_in_azure(monkeypatch: pytest.MonkeyPatch, profile: str, variable: str) -> None:
    complaint = _complaint(monkeypatch, _LOCAL | {"APP_ENVIRONMENT": profile, variable: "x"})
    assert f"this is Azure ({variable} is set)" in complaint


def test_production_runs_in_azure_and_a_simulated_identity_is_not_azure(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (_CLOUD | {"WEBSITE_INSTANCE_ID": "x"}).items():
        monkeypatch.setenv(name, value)
    assert settings.load().app_environment is Environment.PRODUCTION
    monkeypatch.delenv("WEBSITE_INSTANCE_ID")
    for name, value in (
        _LOCAL | {"IDENTITY_ENDPOINT": "http://127.0.0.1/msi", "WEBSITE_HOSTNAME": "localhost:7071"}
    ).items():
        monkeypatch.setenv(name, value)
    assert settings.load().app_environment is Environment.TESTING


@pytest.mark.parametrize("profile", Environment)
def test_only_development_reads_a_file(monkeypatch: pytest.MonkeyPatch, profile: Environment) -> None:
    Path(".env").write_text("MAX_ROWS=7\nDB_POOL_SIZE=3\n")
    values = _LOCAL if profile.is_local else _CLOUD
    for name, value in (values | {"APP_ENVIRONMENT": profile, "DB_POOL_SIZE": "5"}).items():
        monkeypatch.setenv(name, value)
    loaded = settings.load()
    assert loaded.max_rows == (7 if profile is Environment.DEVELOPMENT else 2_000_000)
    assert loaded.db_pool_size == 5


def test_a_file_cannot_choose_the_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("".join(f"{name}={value}\n" for name, value in _LOCAL.items()))
    assert "APP_ENVIRONMENT is not set; it must be one of development" in _complaint(monkeypatch, {})


def test_the_profile_decides_defaults_that_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in _CLOUD.items():
        monkeypatch.setenv(name, value)
    assert settings.load().schema_wait_s == 300
    for name, value in _LOCAL.items():
        monkeypatch.setenv(name, value)
    assert settings.load().schema_wait_s == 0
    monkeypatch.setenv("SCHEMA_WAIT_S", "5")
    assert settings.load().schema_wait_s == 5


def test_tests_never_reach_the_real_azure(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (_LOCAL | {"APP_ENVIRONMENT": "testing"}).items():
        monkeypatch.setenv(name, value)
    found = settings.load()
    assert found.azure_management_url == found.azure_authority_host == "https://127.0.0.1:1"
    real = {"AZURE_MANAGEMENT_URL": "https://management.azure.com", "AZURE_AUTHORITY_HOST": "login.microsoftonline.com"}
    complaint = _complaint(monkeypatch, real)
    for name in real:
        assert f"{name} must be an address of this machine" in complaint


def test_every_rule_has_a_value_in_every_profile() -> None:
    assert set(PROFILES) == set(Environment)
    assert all(len(row.values) == len(Environment) for row in RULES)
    production, local = PROFILES[Environment.PRODUCTION], PROFILES[Environment.DEVELOPMENT]
    for row in RULES:
        if row.name.startswith("may_") and row.name != "may_run_in_azure":
            assert getattr(local, row.name)
            assert not getattr(production, row.name)
        if row.name.startswith("needs_"):
            assert getattr(production, row.name)


def test_settings_cannot_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in _LOCAL.items():
        monkeypatch.setenv(name, value)
    loaded = settings.load()
    with pytest.raises(ValueError, match="frozen"):
        loaded.max_rows = 1  # type: ignore[misc]


def test_nothing_asks_whether_a_test_runner_or_a_module_is_loaded() -> None:
    asked = re.compile(r"sys\.modules|PYTEST_|pytest|unittest|\"test\" in|'test' in")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in ("shared", "worker", "function_app")
        for path in (ROOT / folder).rglob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if asked.search(line)
    ]
    assert found == []


def test_only_the_settings_read_the_environment() -> None:
    # The command `report` needs no server and so no settings; it takes these two by themselves.
    allowed = {"shared/settings/reading.py"}
    readers = set()
    for folder in ("shared", "worker", "function_app"):
        for path in (ROOT / folder).rglob("*.py"):
            if not re.search(r"\b(getenv|environ)\b", text := path.read_text()):
                continue
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in {"os.getenv", "os.environ.get"}:
                    readers.add((path.relative_to(ROOT).as_posix(), ast.unparse(node.args[0]).strip("'")))
    assert {name for path, name in readers if path not in allowed} <= {"FONTS_DIR", "SOURCE_DATE_EPOCH"}


def test_functions_app_worker_timers_and_commands_see_the_same_settings() -> None:
    entrances = {
        "function app": "from function_app import asgi; seen = asgi.services().settings",
        "worker": "import worker.celery_app; from worker import processes; seen = processes.services().settings",
        "command line": "import worker.cli.system_login as login; seen = login.settings.get()",
        "migrations": "import worker.cli.migrate as migrate; seen = migrate.settings.get()",
    }
    environment = {**os.environ, **_LOCAL, "MAX_ROWS": "4321", "PYTHONPATH": str(ROOT)}
    seen = {}
    for name, code in entrances.items():
        command = [sys.executable, "-c", f"{code}; print(seen.model_dump_json())"]
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (name, done.stderr)
        seen[name] = done.stdout.splitlines()[-1]
    assert len(set(seen.values())) == 1
    assert '"max_rows":4321' in seen["worker"]


def test_the_release_is_that_of_the_project_file() -> None:
    assert f'version = "{RELEASE}"' in (ROOT / "pyproject.toml").read_text()


_MAIL = {"SMTP_HOST": "smtp.azurecomm.net", "MAIL_FROM": "reports@example.com", "PUBLIC_URL": "https://advisor.example"}


@pytest.mark.parametrize(
    ("profile", "changed", "complaint"),
    [
        ("production", {"MAIL_FROM": ""}, "MAIL_FROM is not set"),
        ("production", {"PUBLIC_URL": ""}, "PUBLIC_URL is not set"),
        ("production", {"SMTP_SECURITY": "none"}, "SMTP_SECURITY=none is for a relay on this machine"),
        ("production", {"SMTP_HOST": "127.0.0.1", "SMTP_SECURITY": "none"}, "SMTP_SECURITY=none is for a relay"),
        ("development", {"SMTP_SECURITY": "none"}, "SMTP_SECURITY=none is for a relay on this machine"),
        ("production", {"SMTP_SECURITY": "ssl"}, "SMTP_SECURITY"),
        ("production", {"SMTP_USER": "u"}, "SMTP_PASSWORD_SECRET is not set"),
        ("production", {"SMTP_PASSWORD_SECRET": "smtp"}, "SMTP_USER is not set"),
        ("production", {"SMTP_USER": "u", "SMTP_PASSWORD": "hunter2-hunter2"}, "SMTP_PASSWORD is for local profiles"),
        ("development", {"SMTP_USER": "u", "SMTP_PASSWORD_SECRET": "smtp"}, "VAULT_URL is not set"),
        ("production", {"MAIL_FROM": "hunter2"}, "MAIL_FROM must be one address"),
        ("production", {"MAIL_FROM_NAME": "a\r\nBcc: hunter2"}, "MAIL_FROM_NAME must be one line"),
        ("production", {"MAIL_REPORTS_KEY_SHA256": "hunter2"}, "MAIL_REPORTS_KEY_SHA256"),
    ],
)
def test_mail_that_could_not_be_sent_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, profile: str, changed: dict[str, str], complaint: str
) -> None:
    base = _CLOUD if profile == "production" else _LOCAL | {"APP_ENVIRONMENT": profile}
    told = _complaint(monkeypatch, base | _MAIL | changed)
    assert complaint in told
    assert "hunter2" not in told


@pytest.mark.parametrize(
    "own",
    [
        _CLOUD | _MAIL,
        _CLOUD | _MAIL | {"SMTP_USER": "u", "SMTP_PASSWORD_SECRET": "smtp-password"},
        _LOCAL | _MAIL | {"SMTP_HOST": "127.0.0.1", "SMTP_SECURITY": "none", "SEALED_STORE_KEYS": "A" * 43 + "="},
    ],
)
def test_mail_that_can_be_sent_is_not_refused(monkeypatch: pytest.MonkeyPatch, own: dict[str, str]) -> None:
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    assert settings.load().smtp_host
