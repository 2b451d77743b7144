"""What happened arrives as mail, in the reader's words, with nothing in it that is nobody else's business."""

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import delete, update

from shared.database.tables import (
    AzureConnection,
    BrandingRow,
    CredentialHealth,
    MailDelivery,
    MailRecipient,
    MailSigningKey,
)
from shared.events.payloads import ConnectionFailed, Dependents, ReportFailed, TickerStale
from shared.identifiers import new_id
from shared.mail import digests, recipients
from shared.services import Services
from tests.integration.mail.conftest import PDF, Ground, failed
from tests.simulators.relay import PASSWORD, USER

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 100"><rect width="400" height="100" fill="#d81b60"/></svg>'


def test_a_report_arrives_in_the_readers_words_with_links_that_need_no_sign_in(
    ground: Ground, anonymous: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client_id = ground.client("Zürich <Ü>")
    ground.recipient(
        "alex@münchen.example",
        name="Alex “A” Doe",
        language="de-AT",
        time_zone="Europe/Vienna",
        kinds=["report_delivered"],
    )
    (mail,) = ground.deliver(ground.report(client_id, "Montag & <b>mehr</b>"), client_id=client_id)

    assert (mail.sender, mail.recipient) == ("reports@advisor.example", "alex@xn--mnchen-3ya.example")
    assert (mail.was_encrypted, mail.user) == (True, USER)
    message = mail.message
    assert message["Subject"] == "Bericht fertig: Montag & <b>mehr</b>"
    assert message["To"].addresses[0].display_name == "Alex “A” Doe"
    assert message["From"].addresses[0].display_name == "Contoso"
    assert message["Content-Language"] == "de-AT"
    assert "Kunde: Zürich <Ü>" in mail.text()
    assert "Montag &amp; &lt;b&gt;mehr&lt;/b&gt;" in mail.html()
    assert list(message.iter_attachments()) == []
    (delivery,) = ground.mails()
    assert message["Message-ID"] == f"<{delivery.id}.{ground.tenant_id.hex}@advisor.example>"
    shown = ground.shown(delivery)
    assert (shown["state"], shown["last_status"], shown["attempt_count"]) == ("accepted", 250, 1)
    assert shown["attempts"][0]["answer"] == "2.0.0 OK"
    # Whoever has a link gets that file, by a link to storage that ends within minutes.
    links = re.findall(r"https://advisor\.example(/\S+/file\?\S+)", mail.text())
    assert len(links) == 2
    answer = anonymous.get(links[0])
    assert answer.status_code == 302, answer.text
    assert "report.pdf" in answer.headers["Location"]
    # Neither the person nor a secret is in any log.
    ours = " ".join(str(record.__dict__) for record in caplog.records if record.name not in {"mail.log", "httpx"})
    assert "job_succeeded" in ours
    for word in ("mnchen", "Doe", PASSWORD, links[0].rpartition("sig=")[2]):
        assert word not in ours


def test_small_reports_are_attached_for_those_who_want_that(ground: Ground, services: Services) -> None:
    client_id = ground.client()
    ground.recipient(kinds=["report_delivered"], attach_reports=True)
    (mail,) = ground.deliver(ground.report(client_id), client_id=client_id)
    assert [(part.get_filename(), part.get_content()) for part in mail.message.iter_attachments()] == [("Monday.pdf", PDF)]
    large = b"%PDF" + bytes(services.settings.mail_attachment_max_bytes)
    (mail,) = ground.deliver(ground.report(client_id, content=large), client_id=client_id)
    assert list(mail.message.iter_attachments()) == []
    assert "PDF" in mail.text()


def test_a_mail_looks_like_the_client_it_is_about(ground: Ground) -> None:
    client_id = ground.client()
    assert ground.api.put(
        f"/api/v1/clients/{client_id}/branding/logo", content=SVG, headers={"Content-Type": "image/svg+xml"}
    ).is_success
    with ground.services.database.tenant(ground.tenant_id) as session:
        session.execute(update(BrandingRow).values(primary_colour="#ffd54f", contact="help@contoso.example"))
    ground.recipient(kinds=["report_delivered"])
    (mail,) = ground.deliver(ground.report(client_id), client_id=client_id)
    (logo,) = [part for part in mail.message.walk() if part.get_content_type() == "image/png"]
    assert logo["Content-ID"] == "<logo>"
    assert 'src="cid:logo" alt="Contoso"' in mail.html()
    assert "help@contoso.example" in mail.text()
    # White can be read on what became of the colour.
    assert "#ffd54f" not in mail.html()


def test_people_get_what_they_chose_of_the_clients_they_chose(ground: Ground) -> None:
    ours, theirs = ground.client("Ours"), ground.client("Theirs")
    ground.recipient("all@example.com", kinds=["report_failed", "credential_alert", "schedule_missed"])
    ground.recipient("ours@example.com", kinds=["report_failed", "credential_alert"], client_ids=[str(ours)])
    ground.recipient("reports@example.com", kinds=["report_delivered"])
    ground.recipient("gone@example.com", kinds=["report_failed"], enabled=False)

    def told(payload: Any, client_id: Any = None) -> list[str]:
        return sorted(mail.recipient.partition("@")[0] for mail in ground.deliver(payload, client_id=client_id))

    broken = ReportFailed(
        report_id=new_id(),
        client_id=ours,
        title="T",
        report_type="cost",
        link="/",
        error_code="x",
        error="E",
        next_step="N",
    )
    assert told(broken, ours) == ["all", "ours"]
    assert told(broken, theirs) == ["all"]
    assert told(failed(dependents=Dependents(client_ids=[ours]))) == ["all", "ours"]
    assert told(failed(dependents=Dependents(client_ids=[theirs]))) == ["all"]
    assert told(failed(dependents=Dependents(client_ids=[theirs], has_more_clients=True))) == ["all", "ours"]
    lost = ConnectionFailed(connection_id=new_id(), name="C", link="/", error_code="x", error="E", next_step="N")
    assert told(lost) == ["all"]
    assert told(TickerStale(last_tick_at=datetime.now(UTC), silent_for_s=200)) == ["all"]
    assert told(ground.report(theirs), theirs) == ["reports"]


def test_a_user_is_welcomed_once_however_often_that_is_asked_for(ground: Ground) -> None:
    wanted = {"user_id": "00u1", "address": "new@example.com", "name": "Noor", "language": "nl"}
    first = ground.api.post("/api/v1/mail/welcome", json=wanted)
    again = ground.api.post("/api/v1/mail/welcome", json={**wanted, "address": "other@example.com"})
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    assert (ground.work(), ground.work()) == (1, 0)
    (mail,) = ground.relay.accepted
    assert (mail.recipient, mail.message["Subject"]) == ("new@example.com", "Welkom bij Contoso")
    assert mail.message["List-Unsubscribe"] is None
    assert ground.api.post("/api/v1/mail/welcome", json={**wanted, "user_id": "00u2"}).json()["id"] != first.json()["id"]
    # However long ago that was.
    with ground.services.database.tenant(ground.tenant_id) as session:
        session.execute(delete(MailDelivery))
    late = ground.api.post("/api/v1/mail/welcome", json=wanted)
    assert (late.status_code, late.json()["code"]) == (409, "user_welcomed")


def test_eight_who_ask_at_once_welcome_a_user_once_and_make_one_key(ground: Ground) -> None:
    wanted = {"user_id": "00u1", "address": "new@example.com"}
    addresses = [f"r{number}@example.com" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        welcomes = list(pool.map(lambda _: ground.api.post("/api/v1/mail/welcome", json=wanted), range(8)))
        made = list(pool.map(ground.recipient, addresses))
    assert {answer.status_code for answer in welcomes} == {202}
    assert len({answer.json()["id"] for answer in welcomes}) == 1
    assert sorted(recipient["address"] for recipient in made) == addresses
    with ground.services.database.tenant(ground.tenant_id) as session:
        assert session.query(MailSigningKey).count() == 1
    assert (ground.work(), len(ground.relay.accepted)) == (1, 1)


def test_eight_who_ask_at_once_make_no_more_recipients_than_there_may_be(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipients, "MAX_RECIPIENTS", 3)

    def make(number: int) -> int:
        return ground.api.post("/api/v1/mail/recipients", json={"address": f"r{number}@example.com"}).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(make, range(8)))
    assert answers == [201] * 3 + [409] * 5
    assert len(ground.api.get("/api/v1/mail/recipients").json()["items"]) == 3


def _ask_for_digest(ground: Ground, recipient: dict[str, Any], *, days: int) -> None:
    due = datetime.now(UTC) - timedelta(minutes=1)
    with ground.services.database.tenant(ground.tenant_id) as session:
        session.execute(
            update(MailRecipient)
            .where(MailRecipient.id == recipient["id"])
            .values(next_digest_at=due, digest_since=due - timedelta(days=days))
        )
    # However many tick at once, each digest is asked for by one of them.
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(digests.request_due, [ground.services] * 4))


def _failing(ground: Ground, name: str, *, client_id: UUID | None = None, told: bool = True) -> None:
    now = datetime.now(UTC)
    with ground.services.database.tenant(ground.tenant_id) as session:
        connection = AzureConnection(tenant_id=ground.tenant_id, name=name, kind="managed_identity", client_id=client_id)
        session.add(connection)
        session.flush()
        health = session.get(CredentialHealth, connection.id) or CredentialHealth(
            id=connection.id, tenant_id=ground.tenant_id, provider="azure", credential_type="managed_identity"
        )
        health.state, health.failing_since, health.told_at = "invalid", now, now if told else None
        session.add(health)


def test_a_digest_sums_up_and_names_what_does_not_work_now(ground: Ground) -> None:
    client_id = ground.client()
    recipient = ground.recipient(digest="weekly", time_zone="Asia/Tokyo")
    assert recipient["next_digest_at"] is not None
    for number in range(12):
        ground.happen(ground.report(client_id, f"Report {number}"), client_id=client_id)
    _failing(ground, "Still broken")
    _failing(ground, "Of the client", client_id=client_id)
    _failing(ground, "Nobody was told", told=False)
    assert ground.work() == 0
    _ask_for_digest(ground, recipient, days=7)
    (asked,) = ground.mails()
    # What is being written as its time ends has a minute to be there.
    assert asked.next_attempt_at is not None
    assert asked.next_attempt_at - datetime.fromisoformat(asked.data["until"]) == timedelta(minutes=1)
    assert ground.work() == 1
    (mail,) = ground.relay.accepted
    text = mail.text()
    assert "12 reports completed" in text
    assert "Report 11 (Contoso" in text
    assert "and 2 more" in text
    assert "2 credentials do not work now" in text
    assert "Still broken (since" in text
    assert "Nobody was told" not in text
    # Whoever follows one client hears of what that one depends on.
    ours = ground.recipient("ours@example.com", digest="daily", client_ids=[str(client_id)])
    _ask_for_digest(ground, ours, days=1)
    assert ground.work() == 1
    assert "1 credential does not work now" in ground.relay.accepted[1].text()
    row = ground.mails()[0]
    assert row.data["content"]["sections"][0]["count"] == 12


def test_no_digest_is_sent_where_nothing_happened(ground: Ground) -> None:
    recipient = ground.recipient(digest="daily")
    _ask_for_digest(ground, recipient, days=1)
    assert ground.work() == 1
    assert ground.relay.accepted == []
    (row,) = ground.mails()
    shown = ground.shown(row)
    assert (shown["state"], shown["error"]["code"]) == ("skipped", "nothing_happened")
    with ground.services.database.tenant(ground.tenant_id) as session:
        due_at = session.get_one(MailRecipient, row.recipient_id).next_digest_at
    assert due_at is not None
    assert due_at > datetime.now(UTC)


def test_a_time_zone_that_is_no_more_keeps_no_digest_from_anybody(ground: Ground, caplog: pytest.LogCaptureFixture) -> None:
    lost, other = (ground.recipient(f"{name}@example.com", digest="daily") for name in ("lost", "other"))
    ground.happen(ground.report(ground.client()))
    with ground.services.database.tenant(ground.tenant_id) as session:
        session.execute(update(MailRecipient).where(MailRecipient.id == lost["id"]).values(time_zone="Mars/Olympus_Mons"))
        session.execute(update(MailRecipient).values(next_digest_at=datetime.now(UTC) - timedelta(minutes=1)))
    digests.request_due(ground.services)
    assert ground.work() == 2
    assert [mail.recipient for mail in ground.relay.accepted] == ["lost@example.com", "other@example.com"]
    assert "time_zone_gone" in {record.__dict__.get("action") for record in caplog.records}
    # By UTC: at the hour of the digest there.
    shown = ground.api.get(f"/api/v1/mail/recipients/{lost['id']}").json()
    assert datetime.fromisoformat(shown["next_digest_at"]).astimezone(UTC).hour == lost["digest_hour"]
    assert shown["next_digest_at"] == ground.api.get(f"/api/v1/mail/recipients/{other['id']}").json()["next_digest_at"]


def test_a_report_that_is_gone_by_then_is_not_told_of(ground: Ground) -> None:
    client_id = ground.client()
    ground.recipient(kinds=["report_delivered"])
    payload = ground.report(client_id)
    ground.happen(payload, client_id=client_id)
    assert ground.api.delete(f"/api/v1/reports/{payload.report_id}").status_code == 204
    ground.work()
    (row,) = ground.mails()
    assert (row.state, row.error_code, ground.relay.accepted) == ("skipped", "report_gone", [])


def test_a_mail_knows_nothing_of_other_tenants(ground: Ground, other_tenant: Any) -> None:
    ground.recipient(kinds=["credential_alert"])
    ground.deliver(failed())
    with ground.services.database.tenant(other_tenant) as session:
        assert session.query(MailDelivery).count() == 0
