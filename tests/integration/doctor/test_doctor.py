"""The doctor finds what is broken, says what to do, and finds nothing where all is well."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.local.valkey import Valkey
from shared import settings as process_settings
from shared.doctor import azure, clock, examination
from shared.doctor.examination import examine
from shared.queue.names import Queue, Role
from shared.settings import Settings
from tests.generators.azure_estate import make_estate
from tests.integration.doctor.conftest import Vault
from tests.integration.jobs.waiting import PATIENCE_S
from tests.integration.jobs.workers import Worker
from tests.simulators.azure_management import AzureManagement

ROOT = Path(__file__).parents[3]
NOWHERE = "127.0.0.1:1"
WAKE_QUEUES = {f"wake_{role}" for role in Role}
SKIPPED = {"http", "identity_provider", "azure_management", "mail", *WAKE_QUEUES}
OwnSettings = Callable[[dict[str, str]], Settings]


@pytest.fixture
def own_settings(product_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnSettings]:
    """Makes this very process one of the product's with some variables changed: Celery finds its results by them."""

    def change(changed: dict[str, str]) -> Settings:
        for name, value in (product_environment | changed).items():
            monkeypatch.setenv(name, value)
        process_settings.get.cache_clear()
        return process_settings.get()

    yield change
    process_settings.get.cache_clear()


def test_everything_is_well_where_it_is(environment: dict[str, str], worker_of_all_queues: Worker, vault: Vault) -> None:
    done = _doctor(environment | {"VAULT_URL": vault.url, "VAULT_CA_FILE": str(vault.ca_file)}, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    assert found["status"] == "ok"
    states = {probe["name"]: probe["state"] for probe in found["probes"]}
    assert {name for name, state in states.items() if state == "skipped"} == SKIPPED
    assert {f"queue_{queue}" for queue in Queue} < set(states)
    assert all(probe["duration_ms"] > 0 for probe in found["probes"] if probe["state"] == "ok")
    assert vault.tokens


@pytest.mark.usefixtures("measured_processes")
def test_people_get_lines_with_ticks(environment: dict[str, str], worker_of_all_queues: Worker) -> None:
    done = _doctor(environment | {"PYTHONIOENCODING": "utf-8"})
    assert done.returncode == 0, done.stdout
    assert "✓ database as the application: write and read (" in done.stdout
    assert "– Key Vault: VAULT_URL is not set." in done.stdout
    assert "All well, after" in done.stdout


def test_terminals_without_ticks_get_words(environment: dict[str, str]) -> None:
    done = _doctor(environment | {"PYTHONIOENCODING": "ascii", "APP_ENVIRONMENT": "nowhere"})
    assert done.stdout.startswith("FAIL settings:")


QUEUES = {f"queue_{queue}" for queue in Queue}
OF_APPLICATION = {"database_app", "schema", "clock_database", "results"}
# Without results no worker's answer is seen.
WITHOUT_DATABASE = OF_APPLICATION | QUEUES
SIGN_IN = {
    "AZURE_CREDENTIAL": "client_secret",
    "AZURE_TENANT_ID": "11111111-2222-3333-4444-555555555555",
    "AZURE_CLIENT_ID": "x",
    "AZURE_CLIENT_SECRET": "not-the-secret",
    "AZURE_AUTHORITY_HOST": f"https://{NOWHERE}",
}


@pytest.mark.usefixtures("worker_of_all_queues")
@pytest.mark.parametrize(
    ("broken", "crosses", "next_step"),
    [
        ({"DATABASE_URL": f"postgresql://a@{NOWHERE}/a"}, WITHOUT_DATABASE | {"database_system"}, "DATABASE_URL"),
        ({"DB_PASSWORD": "not-the-secret"}, WITHOUT_DATABASE, "DATABASE_URL"),
        ({"DB_SYSTEM_PASSWORD": "not-the-secret"}, {"database_system"}, "login exists"),
        ({"BROKER_URL": f"redis://:not-the-secret@{NOWHERE}/0"}, QUEUES | {"broker"}, "BROKER_URL"),
        ({"STORAGE_ACCOUNT_URL": f"https://{NOWHERE}/account"}, {"storage", "clock_storage"}, "STORAGE_ACCOUNT_URL"),
        ({"STORAGE_CA_FILE": ""}, {"storage", "clock_storage"}, "STORAGE_ACCOUNT_URL"),
        ({"STORAGE_CONTAINER": "not-there"}, {"storage"}, "STORAGE_CONTAINER"),
        ({"VAULT_URL": f"https://{NOWHERE}"}, {"vault"}, "VAULT_URL"),
        ({"WAKE_QUEUE_URL": f"https://{NOWHERE}/account"}, WAKE_QUEUES, "WAKE_QUEUE_URL"),
        ({"OIDC_ISSUER": f"https://{NOWHERE}"}, {"identity_provider"}, "OIDC_ISSUER"),
        ({"AZURE_MANAGEMENT_URL": "https://localhost:1"}, {"azure_management"}, "AZURE_MANAGEMENT_URL"),
        ({"API_URL": f"http://{NOWHERE}"}, {"http"}, NOWHERE),
        (
            {
                "SMTP_HOST": "127.0.0.1",
                "SMTP_PORT": "1",
                "MAIL_FROM": "a@advisor.example",
                "PUBLIC_URL": "https://a.example",
            },
            {"mail"},
            "SMTP_HOST",
        ),
        (SIGN_IN, {"sign_in", "storage"}, "AZURE_CREDENTIAL"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_each_broken_leg_gets_its_cross_and_next_step(
    own_settings: OwnSettings, broken: dict[str, str], crosses: set[str], next_step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not crosses & QUEUES:
        # All else is well, however long it takes on a slow machine.
        monkeypatch.setattr(examination, "_LIMIT_S", PATIENCE_S)
        monkeypatch.setattr(examination, "_WORKER_LIMIT_S", PATIENCE_S)
    found = examine(own_settings(broken)).as_data()
    failed = {probe["name"]: probe for probe in found["probes"] if probe["state"] == "failed"}
    assert found["status"] == "failed"
    assert set(failed) == crosses, failed
    assert all(probe["message"] and probe["next_step"] for probe in failed.values())
    assert any(next_step in probe["next_step"] for probe in failed.values()), failed
    assert "not-the-secret" not in json.dumps(found)


def test_what_is_broken_shows_in_the_exit_status(environment: dict[str, str], worker_of_all_queues: Worker) -> None:
    done = _doctor(environment | {"DB_SYSTEM_PASSWORD": "not-the-secret"}, "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["status"]) == (1, "failed")
    assert "not-the-secret" not in done.stdout + done.stderr


def test_queues_without_a_worker_are_named(own_settings: OwnSettings, own_broker: Valkey) -> None:
    found = examine(own_settings({"BROKER_URL": own_broker.url()})).as_data()
    failed = {probe["name"]: probe for probe in found["probes"] if probe["state"] == "failed"}
    assert set(failed) == QUEUES
    assert "No worker answered on the queue reports" in failed["queue_reports"]["message"]
    assert "python -m worker serve reports" in failed["queue_reports"]["next_step"]


def test_a_vault_that_refuses_tells_which_role_is_missing(settings: Settings, vault: Vault) -> None:
    vault.status = 403
    changed = settings.model_copy(update={"vault_url": vault.url, "vault_ca_file": vault.ca_file})
    with pytest.raises(azure.LegBrokenError, match="does not let this identity read secrets") as refused:
        azure.read_vault(changed)
    assert "Key Vault Secrets Officer" in refused.value.next_step


def test_resource_manager_is_asked_without_a_token(settings: Settings, tmp_path: Path) -> None:
    with AzureManagement(make_estate(1, 1)) as management:
        found = {name.lower(): value for name, value in management.environment(tmp_path / "ca.pem").items()}
        assert "asks for a token" in azure.reach_management(settings.model_copy(update=found))


@pytest.mark.parametrize(("shift_s", "word"), [(90.0, "ahead of"), (-90.0, "behind")])
def test_a_clock_that_is_wrong_is_told(shift_s: float, word: str) -> None:
    reading = clock.Reading(theirs=1_000_000.0, asked_at=1_000_000.0 + shift_s, answered_at=1_000_001.0 + shift_s)
    with pytest.raises(clock.ClockSkewError, match=f"{word} the database"):
        clock.judge(reading, "the database")


def test_a_slow_answer_is_no_skew() -> None:
    assert "the database" in clock.judge(
        clock.Reading(theirs=1_000_000.0, asked_at=999_930.0, answered_at=1_000_001.0), "the database"
    )


def test_the_doctor_ends_in_time_where_everything_hangs(environment: dict[str, str]) -> None:
    # Accepts connections and never says a word.
    with socket.create_server(("127.0.0.1", 0), backlog=128) as silent:
        port = silent.getsockname()[1]
        hanging = {
            "DATABASE_URL": f"postgresql://advisor_service@127.0.0.1:{port}/advisor",
            "BROKER_URL": f"redis://127.0.0.1:{port}/0",
            "STORAGE_ACCOUNT_URL": f"https://127.0.0.1:{port}/account",
            "WAKE_QUEUE_URL": f"https://127.0.0.1:{port}/account",
            "VAULT_URL": f"https://127.0.0.1:{port}",
            "OIDC_ISSUER": f"https://127.0.0.1:{port}",
            "AZURE_MANAGEMENT_URL": f"https://127.0.0.1:{port}",
            "API_URL": f"http://127.0.0.1:{port}",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(port),
            "MAIL_FROM": "reports@advisor.example",
        }
        found = json.loads(_doctor(environment | hanging, "--json").stdout)
    # In ten seconds, and some for a slow machine; without limits it would be minutes.
    assert found["duration_ms"] < 60_000
    assert [probe["name"] for probe in found["probes"] if probe["state"] != "failed"] == ["sign_in"]


def test_settings_that_are_not_valid_are_a_finding(environment: dict[str, str]) -> None:
    done = _doctor(environment | {"STORAGE_ACCOUNT_URL": "http://x", "DATABASE_URL": "sqlite:///x"}, "--json")
    assert done.returncode == 78
    (probe,) = json.loads(done.stdout)["probes"]
    assert probe["name"] == "settings"
    assert "STORAGE_ACCOUNT_URL" in probe["message"]
    assert "DATABASE_URL" in probe["message"]


def _doctor(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "worker", "doctor", *arguments]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
