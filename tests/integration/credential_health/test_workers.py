"""Checks by real workers: killed in the middle, asked for by the bare task, looked at from a terminal."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet
from sqlalchemy import select

from infra.local.valkey import Valkey
from shared import settings as process_settings
from shared.database.tables import CredentialCheck, Job
from shared.jobs.kinds import CHECK_CREDENTIAL_HEALTH_MANUAL
from shared.services import Services
from tests.integration.api.serving import caller, serving
from tests.integration.credential_health.conftest import HEALTH, Ground, key_of
from tests.integration.jobs.waiting import PATIENCE_S, until
from tests.integration.jobs.workers import Worker
from tests.simulators.cloud import Cloud
from tests.simulators.receiver import Receiver, Told
from worker.cli import main

_KEYS = Fernet.generate_key().decode()


@pytest.fixture
def given(environment: dict[str, str], own_broker: Valkey, receiver: Receiver) -> dict[str, str]:
    """The environment of processes that have a broker of their own and may send to the receiver."""
    outside = {name.upper(): value for name, value in receiver.environment.items()}
    return {**environment, **outside, "SEALED_STORE_KEYS": _KEYS, "BROKER_URL": own_broker.url()}


@pytest.fixture
def own_ground(
    given: dict[str, str], cloud: Cloud, receiver: Receiver, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ground]:
    """A tenant of that installation. This very process is one of it: Celery finds its results by the environment."""
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    process_settings.get.cache_clear()
    services = Services(process_settings.get())
    with serving(services) as served:
        yield Ground(services, caller(served, key_of(services.system_database, tenant)), cloud, receiver, tenant)
    services.close()
    process_settings.get.cache_clear()


def test_a_check_outlives_its_worker_and_is_written_once(own_ground: Ground, given: dict[str, str]) -> None:
    ground, receiver = own_ground, own_ground.receiver
    credential = ground.credential()
    receiver.gate.clear()
    with Worker(given, queues=("health_checks",), pool="threads") as worker:
        worker.wait_ready()
        asked = ground.api.post(f"{HEALTH}/{credential}/checks").headers["Location"]
        until(lambda: receiver.received, "the worker to ask")
        worker.kill()
    receiver.gate.set()
    with Worker(given, queues=("health_checks",), pool="threads"):
        job = until(lambda: _ended(ground, asked), "the next worker to end the job")
        assert (job["state"], job["attempt"]) == ("succeeded", 2)
        (check,) = ground.history(credential)
        assert (check["state"], check["trigger"], bool(check["task_id"])) == ("healthy", "manual", True)

        # By the bare task, which answers as the API does; and a place is free, although a worker died in one.
        receiver.answers.append(Told(401))
        answer = _asked(ground, str(ground.tenant_id))
        (result,) = answer["checks"]
        assert result.keys() == job["result"]["checks"][0].keys()
        assert (result["credential_id"], result["state"], result["was_checked"]) == (credential, "invalid", True)
        assert _asked(ground, str(ground.tenant_id), "gopher")["error"]["code"] == "credential_provider_unknown"
        assert _asked(ground, "nobody")["error"]["code"] == "tenant_not_found"
    with ground.services.database.tenant(ground.tenant_id) as session:
        assert len(session.scalars(select(CredentialCheck.id)).all()) == 2
        kinds = session.scalars(select(Job.kind).where(Job.kind.like("check_cred%"))).all()
    assert sorted(set(kinds)) == ["check_credential_health", "check_credential_health_manual"]

    listed = _command("list", "--tenant", str(ground.tenant_id))
    assert listed.exit_code == 1, listed.output
    assert "invalid       Partner  (http bearer" in listed.stdout
    assert "The credential was refused (HTTP 401)." in listed.stdout
    asked_for = _command("check", "--tenant", str(ground.tenant_id))
    assert UUID(asked_for.stdout.strip())
    wrong = _command("check", "--tenant", str(ground.tenant_id), "--provider", "gopher", "--type", "key")
    assert wrong.exit_code == 1
    assert "no provider 'gopher'" in wrong.stderr


def _asked(ground: Ground, tenant_id: str, provider: str = "http") -> dict[str, Any]:
    task = CHECK_CREDENTIAL_HEALTH_MANUAL.name
    publisher = ground.services.publisher
    found: dict[str, Any] = publisher.ask(task, tenant_id, provider, "bearer", queue="health_checks", timeout_s=PATIENCE_S)
    return found


def _ended(ground: Ground, path: str) -> dict[str, Any] | None:
    job: dict[str, Any] = ground.api.get(path).json()
    return job if job["finished_at"] else None


def _command(*arguments: str) -> Result:
    # In this very process, which is one of the installation.
    return CliRunner().invoke(main, ["credentials", *arguments])
