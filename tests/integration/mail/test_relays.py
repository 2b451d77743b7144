"""Relays get mail only where they can be trusted, keep no worker waiting, and are asked for no more than they give."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis

from shared.mail import pace, signing_key, smtp
from shared.mail.relay_breaker import OPENS_AFTER, breaker
from shared.services import Services
from shared.settings import Settings
from shared.settings.relay import SmtpSecurity
from tests.integration.mail.conftest import Ground, failed
from tests.simulators.cloud import Cloud
from tests.simulators.relay import PASSWORD, Relay


def _send(settings: Settings, **changed: Any) -> smtp.Outcome:
    password = changed.pop("password", PASSWORD)
    return smtp.send(settings.model_copy(update=changed), password, "a@example.com", b"Subject: x\r\n\r\nx\r\n")


def test_relays_that_cannot_be_trusted_or_used_get_no_mail(services: Services, relay: Relay, tmp_path: Path) -> None:
    settings = services.settings
    relay.accepted.clear()
    outcomes = {
        "password": _send(settings, password="wrong-password"),
        "authority": _send(settings, smtp_ca_file=None),
        "name": _send(settings, smtp_host="127.0.0.1"),
        "closed": _send(settings, smtp_port=1),
        "tls": _send(settings, smtp_security=SmtpSecurity.TLS),
    }
    assert {name: outcome.error_code for name, outcome in outcomes.items()} == dict.fromkeys(outcomes, "relay_failed")
    assert not any(outcome.is_final for outcome in outcomes.values())
    assert outcomes["password"].status == 535
    assert "certificate" in (outcomes["authority"].error or "")
    assert "certificate" in (outcomes["name"].error or "")
    assert PASSWORD not in repr(outcomes)
    with Relay(tmp_path / "plain.pem", with_tls=False) as plain:
        told = _send(settings, smtp_port=plain.port, smtp_user="")
        assert "does not offer STARTTLS" in (told.error or "")
        assert plain.accepted == relay.accepted == []
        # To this very machine mail may go as it is.
        assert _send(settings, smtp_port=plain.port, smtp_user="", smtp_security=SmtpSecurity.NONE).accepted
        assert len(plain.accepted) == 1


def test_tls_from_the_first_byte_is_spoken_too(services: Services, tmp_path: Path) -> None:
    with Relay(tmp_path / "ca.pem", from_first_byte=True) as relay:
        changed = {**relay.settings, "smtp_security": SmtpSecurity.TLS}
        assert _send(services.settings, **changed).accepted
        assert smtp.examine(services.settings.model_copy(update=changed), PASSWORD).startswith(
            f"localhost:{relay.port} by TLS"
        )


def test_a_relay_that_hangs_is_left_after_the_set_time(services: Services, relay: Relay) -> None:
    relay.orders.data.append("hang")
    outcome = _send(services.settings, smtp_timeout_seconds=1)
    assert (outcome.error_code, outcome.is_final) == ("relay_failed", False)
    assert "took longer than 1 s" in (outcome.error or "")


def test_a_mail_refused_before_its_content_is_refused_and_the_relay_well(services: Services, relay: Relay) -> None:
    # It forwards the recipient to somewhere else, and then has nobody to take the content for.
    relay.orders.rcpt.append("251 2.1.5 will forward")
    outcome = _send(services.settings)
    assert (outcome.error_code, outcome.status, outcome.is_final) == ("message_refused", 503, True)
    assert not outcome.is_about_address


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A cloud of the test's own; this process's managed identity is one of it."""
    with Cloud(tmp_path / "authority.pem") as made:
        made.lend_identity(monkeypatch)
        yield made


def test_the_password_lies_in_the_vault_and_is_read_again_where_it_was_refused(ground: Ground, cloud: Cloud) -> None:
    settings = cloud.settings(ground.services.settings)
    own = Services(settings.model_copy(update={"smtp_password": None, "smtp_password_secret": "smtp-password"}))
    assert own.vault is not None
    own.vault.put(ground.tenant_id, "smtp-password", "old-Passw0rd-canary", expires_at=None, content_type="text/plain")
    signing_key.ensure(own, ground.tenant_id)
    ground.recipient(kinds=["credential_alert"])
    ground.happen(failed())
    ground.services, shared = own, ground.services
    assert ground.work() == 1
    row = ground.mails()[0]
    assert (row.state, row.last_status, row.error_code) == ("waiting", 535, "relay_failed")
    assert "canary" not in str(ground.shown(row))
    own.vault.put(ground.tenant_id, "smtp-password", PASSWORD, expires_at=None, content_type="text/plain")
    assert ground.work() == 1
    assert (ground.mails()[0].state, len(ground.relay.accepted)) == ("accepted", 1)
    # The key that signs links lies there too, and works for another process.
    assert signing_key.get(own, ground.tenant_id) != b""
    ground.services = shared
    own.close()


def test_a_relay_that_is_away_keeps_no_thread_once_that_is_known(ground: Ground, services: Services) -> None:
    for number in range(OPENS_AFTER + 3):
        ground.recipient(f"r{number}@example.com", kinds=["credential_alert"])
    ground.services = Services(services.settings.model_copy(update={"smtp_port": 1}))
    ground.happen(failed())
    assert ground.work() == OPENS_AFTER + 3
    rows = ground.mails()
    assert {row.state for row in rows} == {"waiting"}
    assert sorted(row.attempt_count for row in rows) == [0] * 3 + [1] * OPENS_AFTER
    # It is back, and the pause is over: nobody has lost a step of the long schedule by it.
    assert [row.step for row in rows if row.attempt_count == 0] == [0, 0, 0]
    # However often a mail comes back meanwhile, it does so with the job that it has.
    waiting = {row.job_id for row in rows if row.attempt_count == 0}
    assert ground.work() == OPENS_AFTER + 3
    assert {row.job_id for row in ground.mails() if row.attempt_count == 0} == waiting
    ground.services.close()
    ground.services = services
    breaker.worked()
    assert ground.work() == OPENS_AFTER + 3
    assert len(ground.relay.accepted) == OPENS_AFTER + 3


def test_mails_beyond_the_relays_quota_wait_their_turn_and_lose_no_attempt(
    ground: Ground, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        ground.recipient(f"r{number}@example.com", kinds=["credential_alert"])
    ground.services = Services(services.settings.model_copy(update={"mail_per_minute": 2}))
    minute = 60.0 * random.randrange(10**6)
    monkeypatch.setattr(pace, "_now", lambda: minute + 20)
    ground.happen(failed())
    assert ground.work() == 5
    assert len(ground.relay.accepted) == 2
    waiting = [row for row in ground.mails() if row.state == "waiting"]
    assert [(row.step, row.attempt_count) for row in waiting] == [(0, 0)] * 3
    waits = sorted((row.next_attempt_at - datetime.now(UTC)).total_seconds() for row in waiting if row.next_attempt_at)
    # Two in the next minute, one in the one after it.
    assert waits[1] < 100
    assert 90 < waits[2] < 160
    monkeypatch.setattr(pace, "_now", lambda: minute + 80)
    assert (ground.work(), len(ground.relay.accepted)) == (3, 4)
    # Without Redis there is no count: the relay says no itself where it has to.
    away = redis.Redis(port=1)
    assert pace.wait_s(away, 1) is None
    ground.services.close()
    ground.services = services
