"""What is written down of checks, and what those hear who watch the installation: numbers, and a line for alerts."""

from typing import Any

import pytest

from shared.credential_health import gauges
from shared.telemetry import metrics
from shared.ticks.tick import tick
from tests.integration.credential_health.conftest import HEALTH, Ground
from tests.simulators.receiver import Told

_PATH = "/api/v1/credentials"


def test_numbers_say_how_many_fail_now_and_when_one_last_worked(
    ground: Ground, neighbour: Ground, monkeypatch: pytest.MonkeyPatch, superuser: Any
) -> None:
    registry = metrics.enable()
    services = ground.services
    monkeypatch.setattr(
        services, "settings", services.settings.model_copy(update={"metrics_tenants": f"{ground.tenant_id}"})
    )

    def number(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, labels)

    credential = ground.credential()
    neighbour.credential()
    results = ("invalid", "expired")
    before = [number("credential_health_check_total", provider="http", result=result) or 0.0 for result in results]
    superuser.execute("update stored_credential set expires_at = now() where id = %s", (credential,))
    ground.receiver.answers.append(Told(401))
    ground.check()
    neighbour.check()
    tick(services, driver="test")
    # As the history has it: what was refused after its end has expired.
    assert ground.history(credential)[0]["state"] == "expired"
    assert [number("credential_health_check_total", provider="http", result=result) for result in results] == [
        count + 1 for count in before
    ]
    assert (number("credential_health_check_duration_seconds_count", provider="http") or 0) >= 2
    assert number("credentials_failing", provider="http") == 2
    assert number("tenant_credentials_failing", provider="http", tenant=str(ground.tenant_id)) == 1
    assert number("tenant_credentials_failing", provider="http", tenant=str(neighbour.tenant_id)) is None
    # While the database cannot say, nobody is told that all is well.
    superuser.execute("alter table credential_health rename to credential_health_gone")
    try:
        tick(services, driver="test")
    finally:
        superuser.execute("alter table credential_health_gone rename to credential_health")
    assert number("credentials_failing", provider="http") == 2
    ground.api.delete(f"{_PATH}/{credential}")
    tick(services, driver="test")
    assert number("credentials_failing", provider="http") == 1
    assert number("tenant_credentials_failing", provider="http", tenant=str(ground.tenant_id)) == 0
    ground.receiver.answers.clear()
    neighbour.check()
    tick(services, driver="test")
    assert number("credentials_failing", provider="http") == 0
    assert (number("credential_last_success_timestamp", provider="http") or 0) > 1_700_000_000


def test_how_it_stands_and_what_is_told_are_written_together_or_not_at_all(ground: Ground, superuser: Any) -> None:
    credential = ground.credential()
    ground.api.patch(f"{HEALTH}/{credential}", json={"alert_after": 1}, headers={"If-Match": "*"})
    ground.receiver.answers.append(Told(401))
    superuser.execute("alter table domain_event rename to domain_event_gone")
    try:
        ground.check()
    finally:
        superuser.execute("alter table domain_event_gone rename to domain_event")
    assert ground.receiver.received
    assert (ground.health(credential)["state"], ground.history(credential)) == ("unchecked", [])
    ground.check()
    assert ground.health(credential)["state"] == "invalid"
    assert len(ground.events("credential.failed")) == len(ground.history(credential)) == 1


def test_alerts_hear_of_credentials_that_people_were_told_of(ground: Ground, caplog: pytest.LogCaptureFixture) -> None:
    ground.credential()
    ground.receiver.answers.append(Told(401))
    ground.check(2)
    assert gauges.report(ground.services) == "0 fail"
    assert "credentials_failing" not in {vars(record).get("action") for record in caplog.records}
    ground.check()
    assert gauges.report(ground.services) == "1 fail"
    (told,) = [record for record in caplog.records if vars(record).get("action") == "credentials_failing"]
    assert vars(told)["failing"] == 1
    ground.receiver.answers.clear()
    ground.check()
    assert gauges.report(ground.services) == "0 fail"
