"""Relays that fail are tried again; what they refuse for good, or say later, is shown and holds the address."""

import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from shared.database.tables import Job, MailDelivery
from shared.deliveries import backoff
from shared.jobs.sweep import sweep
from shared.ticks.acts import acts
from tests.integration.jobs.waiting import PATIENCE_S
from tests.integration.mail.conftest import Ground, failed
from tests.simulators.relay import PASSWORD, Relay


def _alert(ground: Ground) -> MailDelivery:
    ground.deliver(failed())
    return ground.mails()[-1]


@pytest.mark.parametrize(
    ("step", "answer", "code", "status"),
    [
        ("rcpt", "450 4.2.1 try later", "recipient_deferred", 450),
        ("rcpt", "452 4.5.3 too many", "recipient_deferred", 452),
        ("data", "451 4.3.0 busy", "message_deferred", 451),
        ("mail", "550 5.7.60 not your sender", "sender_refused", 550),
        ("rcpt", "550 5.1.8 sender's domain not found", "sender_refused", 550),
        ("data", "drop", "relay_failed", None),
    ],
)
def test_what_is_put_off_is_tried_again_as_the_same_mail(
    ground: Ground, step: str, answer: str, code: str, status: int | None
) -> None:
    ground.recipient(kinds=["credential_alert"])
    getattr(ground.relay.orders, step).append(answer)
    row = _alert(ground)
    assert (row.state, row.error_code, row.last_status) == ("waiting", code, status)
    assert row.next_attempt_at is not None
    assert 0 < (row.next_attempt_at - datetime.now(UTC)).total_seconds() < 10
    assert ground.work() == 1
    (mail,) = ground.relay.accepted
    assert mail.message["Message-ID"].startswith(f"<{row.id}.")
    shown = ground.shown(ground.mails()[0])
    assert (shown["state"], [attempt["status"] for attempt in shown["attempts"]]) == ("accepted", [250, status])
    if status is not None:
        assert answer.partition(" ")[2] == shown["attempts"][1]["answer"]


def test_a_mail_is_given_up_after_its_long_schedule_and_sent_again_on_demand(ground: Ground) -> None:
    ground.recipient(kinds=["credential_alert"])
    ground.relay.orders.rcpt.extend(["450 4.2.1 later"] * (len(backoff.LONG_WAITS_S) + 1))
    _alert(ground)
    waits = []
    for _ in backoff.LONG_WAITS_S:
        (row,) = ground.mails()
        assert row.next_attempt_at is not None
        waits.append((row.next_attempt_at - datetime.now(UTC)).total_seconds())
        assert ground.work() == 1
    (row,) = ground.mails()
    assert (row.state, row.attempt_count) == ("failed", 1 + len(backoff.LONG_WAITS_S))
    assert all(
        planned * 0.75 - 10 < wait < planned * 1.25 for wait, planned in zip(waits, backoff.LONG_WAITS_S, strict=True)
    )
    path = f"/api/v1/mail/deliveries/{row.id}/send-again"
    assert ground.api.post(path).status_code == 202
    assert ground.api.post(path).json()["code"] == "mail_not_failed"
    assert ground.work() == 1
    assert ground.mails()[0].state == "accepted"


@pytest.mark.parametrize(
    ("step", "answer", "holds"),
    [
        ("rcpt", "550 5.1.1 no such user", True),
        ("rcpt", "550 no such user", True),
        ("rcpt", "550 5.2.1 mailbox disabled", True),
        ("rcpt", "550 5.7.1 policy", False),
        ("rcpt", "550 relay not permitted", False),
        ("rcpt", "530 authentication required", False),
        ("data", "554 5.6.0 content", False),
        ("data", "552 5.3.4 too large", False),
    ],
)
def test_what_is_refused_for_good_is_not_tried_again_and_may_hold_the_address(
    ground: Ground, step: str, answer: str, holds: bool
) -> None:
    recipient = ground.recipient("Alex@example.com", kinds=["credential_alert"])
    getattr(ground.relay.orders, step).append(answer)
    row = _alert(ground)
    assert (row.state, row.last_status) == ("refused", int(answer[:3]))
    assert ground.work() == 0
    shown = ground.api.get(f"/api/v1/mail/recipients/{recipient['id']}").json()
    assert (shown["hold"] is not None) == holds
    later = _alert(ground)
    assert later.state == ("held" if holds else "accepted")
    if holds:
        assert shown["hold"]["code"] == "refused"
        error = ground.shown(later)["error"]
        assert (error["code"], "/mail/holds/" in error["next_step"]) == ("address_refused", True)
        # Another recipient with that address is held as well, and all is well once it is released.
        (hold,) = ground.api.get("/api/v1/mail/holds").json()["items"]
        assert (hold["address"], hold["id"]) == ("alex@example.com", shown["hold"]["id"])
        assert ground.api.delete(f"/api/v1/mail/holds/{hold['id']}").status_code == 204
        assert ground.api.post(f"/api/v1/mail/deliveries/{later.id}/send-again").status_code == 202
        assert (ground.work(), ground.mails()[-1].state) == (1, "accepted")


def test_one_refused_address_spoils_no_other(ground: Ground) -> None:
    for name in ("a", "b", "c"):
        ground.recipient(f"{name}@example.com", kinds=["credential_alert"])
    ground.relay.orders.rcpt.extend(["250 ok", "550 5.1.1 nobody", "250 ok"])
    ground.deliver(failed())
    assert sorted(row.state for row in ground.mails()) == ["accepted", "accepted", "refused"]
    assert len(ground.relay.accepted) == 2


def test_mail_left_behind_by_workers_that_died_is_found(ground: Ground) -> None:
    ground.recipient(kinds=["credential_alert"])
    ground.happen(failed())
    with ground.services.database.tenant(ground.tenant_id) as session:
        session.execute(delete(Job))
        session.execute(update(MailDelivery).values(next_attempt_at=datetime.now(UTC) - timedelta(hours=1)))
    (act,) = [each for each in acts(ground.services.settings) if each.name == "events"]
    assert "revived 1 deliveries" in act.do(ground.services)
    assert ground.work() == 1
    assert ground.mails()[0].state == "accepted"


def test_mail_of_which_workers_die_comes_to_an_end(ground: Ground) -> None:
    ground.recipient(kinds=["credential_alert"])
    ground.happen(failed())
    (act,) = [each for each in acts(ground.services.settings) if each.name == "events"]
    for _ in range(len(backoff.LONG_WAITS_S) + 1):
        with ground.services.database.tenant(ground.tenant_id) as session:
            session.execute(delete(Job))
            session.execute(update(MailDelivery).values(next_attempt_at=datetime.now(UTC) - timedelta(hours=1)))
        assert "revived 1 deliveries" in act.do(ground.services)
    (row,) = ground.mails()
    assert (row.state, row.error_code, row.finished_at is not None) == ("failed", "worker_lost", True)
    assert "revived" not in act.do(ground.services)
    assert ground.api.post(f"/api/v1/mail/deliveries/{row.id}/send-again").status_code == 202
    assert (ground.work(), ground.mails()[0].state) == (1, "accepted")


def test_mail_that_cannot_be_written_waits_shows_it_and_names_nobody(
    ground: Ground, caplog: pytest.LogCaptureFixture
) -> None:
    ground.recipient(kinds=["credential_alert"])
    ground.happen(failed())
    with ground.services.database.tenant(ground.tenant_id) as session:
        session.execute(update(MailDelivery).values(data={"event": {"failing_since": "alex@example.com"}}))
    assert ground.work() == 1
    (row,) = ground.mails()
    assert (row.state, row.step, row.error_code) == ("waiting", 1, "mail_not_written")
    assert ground.shown(row)["attempts"][0]["error"]["next_step"]
    (told,) = [record for record in caplog.records if record.__dict__.get("action") == "mail_not_written"]
    assert told.__dict__["error"] == "ValueError"
    assert "alex@" not in str(told.__dict__)


_WORKER = """
import os, sys
from uuid import UUID
from shared.jobs import execution
from shared.mail import deliveries
from shared.services import Services
from shared.settings import load
from worker.jobs import send_mail

def die(*_):
    os.kill(os.getpid(), 9)

deliveries.settle = die
tenant_id, job_id = map(UUID, sys.argv[1:])
execution.execute(Services(load()), send_mail.send_mail, tenant_id=tenant_id, job_id=job_id, worker="dying")
"""


def test_a_worker_killed_after_the_relay_took_the_mail_sends_the_same_mail_once_more(
    ground: Ground, environment: dict[str, str], relay: Relay
) -> None:
    ground.recipient(kinds=["credential_alert"])
    ground.happen(failed())
    with ground.services.database.tenant(ground.tenant_id) as session:
        job_id = session.scalars(select(Job.id).where(Job.kind == "send_mail")).one()
        session.execute(update(Job).values(run_after=Job.created_at))
    own = {
        "SMTP_HOST": "localhost",
        "SMTP_PORT": str(relay.port),
        "SMTP_CA_FILE": str(relay.ca_file),
        "SMTP_USER": relay.settings["smtp_user"],
        "SMTP_PASSWORD": PASSWORD,
        "MAIL_FROM": ground.services.settings.mail_from,
        "PUBLIC_URL": "https://advisor.example",
    }
    command = [sys.executable, "-c", _WORKER, str(ground.tenant_id), str(job_id)]
    died = subprocess.run(command, env=environment | own, cwd=Path(__file__).parents[3], check=False, timeout=PATIENCE_S)
    assert died.returncode == -signal.SIGKILL
    (first,) = relay.accepted
    # Its lease runs out, and somebody else does the job.
    with ground.services.system_database.across_tenants() as session:
        session.execute(
            update(Job).where(Job.id == job_id).values(lease_expires_at=datetime.now(UTC) - timedelta(seconds=1))
        )
    sweep(ground.services)
    assert ground.work() == 1
    second = relay.accepted[1]
    assert second.message["Message-ID"] == first.message["Message-ID"]
    assert second.message["Date"] == first.message["Date"]
    assert (ground.mails()[0].state, len(relay.accepted)) == ("accepted", 2)
