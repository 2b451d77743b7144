"""Links in mails do what is signed in them, people end what they do not want, and what the relay reports later counts."""

import re
import time
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from lxml import html
from sqlalchemy import select

from shared.database.tables import AuditEvent, MailDelivery
from shared.mail import links, signing_key
from shared.mail.message_id import message_id_of
from shared.reports import ReportFormat
from tests.generators.bounces import block, bounce
from tests.integration.mail.conftest import REPORT_KEY, Ground, failed

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
REPORTS = "/api/v1/mail/delivery-reports"


def _unsubscribe_path(mail: Any) -> str:
    parts = urlsplit(mail.message["List-Unsubscribe"].strip("<>"))
    return f"{parts.path}?{parts.query}"


def _buttons(page: str) -> list[str]:
    return [button.get("value") for button in html.fromstring(page).iter("button")]


def test_one_request_of_a_mail_program_ends_mails_of_that_kind(ground: Ground, anonymous: httpx.Client) -> None:
    recipient = ground.recipient("Alex@example.com", kinds=["credential_alert", "report_failed"])
    (mail,) = ground.deliver(failed())
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = _unsubscribe_path(mail)
    # A scanner that opens the link changes nothing.
    page = anonymous.get(path)
    assert (page.status_code, _buttons(page.text)) == (200, ["kind", "all"])
    assert len(ground.deliver(failed())) == 1
    # RFC 8058 lets mail programs send either form.
    assert anonymous.post(path, data=ONE_CLICK).status_code == 200
    assert anonymous.post(path, files={"List-Unsubscribe": (None, "One-Click")}).status_code == 200
    assert ground.deliver(failed()) == []
    shown = ground.api.get(f"/api/v1/mail/recipients/{recipient['id']}").json()
    assert (shown["unsubscribed"], shown["hold"]) == (["credential_alert"], None)
    # Whoever deletes and adds the person again does not undo it.
    ground.api.delete(f"/api/v1/mail/recipients/{recipient['id']}")
    again = ground.recipient("alex@example.com", kinds=["credential_alert"])
    assert again["unsubscribed"] == ["credential_alert"]
    assert ground.deliver(failed()) == []
    with ground.services.database.tenant(ground.tenant_id) as session:
        entries = session.scalars(select(AuditEvent).where(AuditEvent.target_kind == "mail_hold")).all()
    assert [entry.details for entry in entries] == [{"action": "held", "code": "unsubscribed", "kind": "credential_alert"}]
    assert "example.com" not in str([(entry.target_name, entry.details) for entry in entries])


def test_a_link_ends_mails_to_the_address_that_it_was_sent_to_and_to_no_other(
    ground: Ground, anonymous: httpx.Client
) -> None:
    recipient = ground.recipient("old@example.com", kinds=["credential_alert"])
    (mail,) = ground.deliver(failed())
    path = f"/api/v1/mail/recipients/{recipient['id']}"
    assert ground.api.patch(path, json={"address": "new@example.com"}, headers={"If-Match": "*"}).status_code == 200
    page = anonymous.post(_unsubscribe_path(mail), data=ONE_CLICK)
    assert (page.status_code, "o…@example.com" in page.text) == (200, True)
    (later,) = ground.deliver(failed())
    assert (later.recipient, ground.api.get(path).json()["unsubscribed"]) == ("new@example.com", [])
    # Whoever has the old address now gets none, as the person there said.
    assert ground.recipient("old@example.com", kinds=["credential_alert"])["unsubscribed"] == ["credential_alert"]
    # Another recipient's link to one's own address works as well, and one to an address that nothing goes to leads nowhere.
    ground.api.delete(path)
    assert anonymous.get(_unsubscribe_path(mail)).status_code == 200
    assert anonymous.post(_unsubscribe_path(later), data=ONE_CLICK).status_code == 404


def test_the_page_ends_all_mails_and_takes_it_back_in_the_persons_language(ground: Ground, anonymous: httpx.Client) -> None:
    ground.recipient(kinds=["credential_alert"], digest="daily", language="fr")
    (mail,) = ground.deliver(failed())
    path = _unsubscribe_path(mail)
    page = anonymous.post(path, data={"act": "all"})
    root = html.fromstring(page.text)
    assert (root.get("lang"), root.findtext(".//h1")) == ("fr", "Vous êtes désabonné")
    assert "a…@example.com" in page.text
    assert "alex@" not in page.text
    assert _buttons(page.text) == ["again"]
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert ground.deliver(failed()) == []
    assert _buttons(anonymous.post(path, data={"act": "again"}).text) == ["kind", "all"]
    assert len(ground.deliver(failed())) == 1


def test_a_link_that_was_changed_opens_a_page_that_says_so(ground: Ground, anonymous: httpx.Client) -> None:
    ground.recipient(kinds=["credential_alert"])
    (mail,) = ground.deliver(failed())
    path = _unsubscribe_path(mail)
    for wrong in (
        path[:-3] + "AAA",
        path.replace("t=", "t=A"),
        "/api/v1/mail/unsubscribe?t=A&sig=A",
        path.partition("&sig=")[0],
        "/api/v1/mail/unsubscribe",
        path.replace("unsubscribe", "file"),
    ):
        answer = anonymous.get(wrong, headers={"Accept-Language": "de-CH, en;q=0.5"})
        assert (answer.status_code, html.fromstring(answer.text).findtext(".//h1")) == (404, "Dieser Link ist nicht gültig")
        assert anonymous.post(wrong, data=ONE_CLICK).status_code in {404, 405}
    assert len(ground.deliver(failed())) == 1


def test_a_link_to_a_file_ends_with_its_time_and_with_its_report(ground: Ground, anonymous: httpx.Client) -> None:
    client_id = ground.client()
    ground.recipient(kinds=["report_delivered"])
    payload = ground.report(client_id)
    (mail,) = ground.deliver(payload, client_id=client_id)
    path = re.findall(r"https://advisor\.example(/\S+/file\?\S+)", mail.text())[0]
    assert anonymous.get(path).status_code == 302
    with ground.services.database.tenant(ground.tenant_id) as session:
        entry = session.scalars(select(AuditEvent).where(AuditEvent.type == "report.downloaded")).one()
    assert (entry.actor_name, entry.details) == ("whoever has the link in a mail", {"format": "pdf", "by": "mail"})
    key = signing_key.get(ground.services, ground.tenant_id)
    old = links.File(ground.tenant_id, payload.report_id, ReportFormat.PDF, int(time.time()) - 1)
    ended = anonymous.get(f"/api/v1/mail/file?{links.query_of(old, key)}")
    assert (ended.status_code, html.fromstring(ended.text).findtext(".//h1")) == (410, "This link has ended")
    ground.api.delete(f"/api/v1/reports/{payload.report_id}")
    assert anonymous.get(path).status_code == 404


def _report(ground: Ground, mail: MailDelivery, status: str, **data: Any) -> dict[str, Any]:
    told = {
        "sender": "reports@advisor.example",
        "recipient": mail.address.upper(),
        "messageId": "00000000-0000-0000-0000-000000000000",
        "internetMessageId": message_id_of(ground.tenant_id, mail.id, "reports@advisor.example"),
        "status": status,
        "deliveryStatusDetails": {"statusMessage": "550 5.1.10 no such \0 mailbox"},
        "deliveryAttemptTimestamp": "2026-11-26T08:00:00.00+00:00",
    }
    return {"id": "1", "eventType": "Microsoft.Communication.EmailDeliveryReportReceived", "data": told | data}


@pytest.mark.parametrize(
    ("status", "state", "hold"),
    [
        ("Delivered", "delivered", None),
        ("Bounced", "bounced", "bounced"),
        ("Suppressed", "bounced", "suppressed"),
        ("Quarantined", "bounced", None),
        ("FilteredSpam", "bounced", None),
    ],
)
def test_what_the_relay_reports_later_is_shown_and_holds_what_bounced(
    ground: Ground, anonymous: httpx.Client, status: str, state: str, hold: str | None
) -> None:
    recipient = ground.recipient(kinds=["credential_alert"])
    ground.deliver(failed())
    (row,) = ground.mails()
    given = [_report(ground, row, status), _report(ground, row, "Bounced", recipient="other@example.com")]
    answer = anonymous.post(REPORTS, json=given, headers={"X-Report-Key": REPORT_KEY})
    assert answer.json() == {"taken": 1, "ignored": 1}
    shown = ground.shown(ground.mails()[0])
    assert (shown["state"], shown["reported_at"] is not None) == (state, True)
    if state == "bounced":
        assert shown["error"]["message"].endswith("550 5.1.10 no such \ufffd mailbox")
    found = ground.api.get(f"/api/v1/mail/recipients/{recipient['id']}").json()["hold"]
    assert (found["code"] if found else None) == hold
    # Told again, or in the wrong order, it stays so.
    anonymous.post(
        REPORTS, json=[_report(ground, row, status), _report(ground, row, "Delivered")], params={"sig": REPORT_KEY}
    )
    assert ground.mails()[0].state == ("bounced" if state == "bounced" else "delivered")


def test_a_report_that_comes_before_the_worker_wrote_anything_saves_a_second_mail(
    ground: Ground, anonymous: httpx.Client
) -> None:
    ground.recipient(kinds=["credential_alert"])
    ground.happen(failed())
    (row,) = ground.mails()
    answer = anonymous.post(REPORTS, json=[_report(ground, row, "Delivered")], headers={"X-Report-Key": REPORT_KEY})
    assert answer.json()["taken"] == 1
    assert ground.work() == 1
    assert (ground.mails()[0].state, ground.relay.accepted) == ("delivered", [])


def test_event_grid_gets_its_handshakes_and_nobody_else_anything(ground: Ground, anonymous: httpx.Client) -> None:
    validation = [
        {
            "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
            "data": {"validationCode": "512d38b6", "validationUrl": "x"},
        }
    ]
    path = f"{REPORTS}?sig={REPORT_KEY}"
    assert anonymous.post(path, json=validation).json() == {"validationResponse": "512d38b6"}
    allowed = anonymous.options(path, headers={"WebHook-Request-Origin": "eventgrid.azure.net"})
    assert allowed.headers["WebHook-Allowed-Origin"] == "eventgrid.azure.net"
    for refused in (anonymous.post(REPORTS, json=validation), anonymous.post(f"{REPORTS}?sig=wrong", json=validation)):
        assert (refused.status_code, refused.json()["code"]) == (401, "report_key_invalid")
    assert anonymous.options(REPORTS).status_code == 401
    for wrong in (b"{", b"1", b'["a"]', b'[{"data": 1}]'):
        assert anonymous.post(path, content=wrong).json()["code"] == "events_invalid"
    told = "Microsoft.Communication.EmailDeliveryReportReceived"
    strange = {"internetMessageId": "<a@b>", "recipient": "a@example.com", "status": ["Bounced"]}
    for ignored in ({}, {"eventType": "Other"}, {"type": told, "data": {}}, {"type": told, "data": strange}):
        assert anonymous.post(path, json=ignored).json() == {"taken": 0, "ignored": 1}


def test_a_report_of_another_tenants_mail_changes_nothing_here(
    ground: Ground, anonymous: httpx.Client, other_tenant: Any
) -> None:
    ground.recipient(kinds=["credential_alert"])
    ground.deliver(failed())
    (row,) = ground.mails()
    foreign = message_id_of(other_tenant, row.id, "reports@advisor.example")
    given = _report(ground, row, "Bounced", internetMessageId=foreign)
    answer = anonymous.post(REPORTS, json=given, headers={"X-Report-Key": REPORT_KEY})
    assert (answer.json()["taken"], ground.mails()[0].state) == (0, "accepted")


def test_a_bounce_that_came_to_the_senders_mailbox_counts_as_a_report(
    ground: Ground, anonymous: httpx.Client, other_tenant: Any
) -> None:
    recipient = ground.recipient(kinds=["credential_alert"])
    ground.deliver(failed())
    (row,) = ground.mails()
    no_such = [block("Alex@Example.com", said="550 5.1.1 no such mailbox")]
    keyed = {"X-Report-Key": REPORT_KEY, "Content-Type": "message/rfc822"}

    def bounced(tenant_id: UUID, blocks: list[str]) -> Any:
        notification = bounce(message_id_of(tenant_id, row.id, "reports@advisor.example"), blocks)
        return anonymous.post("/api/v1/mail/bounces", content=notification, headers=keyed).json()

    assert bounced(other_tenant, no_such) == {"taken": 0, "ignored": 1}
    assert bounced(ground.tenant_id, [block("eve@example.com")]) == {"taken": 0, "ignored": 1}
    assert ground.mails()[0].state == "accepted"
    assert bounced(ground.tenant_id, no_such) == {"taken": 1, "ignored": 0}
    shown = ground.shown(ground.mails()[0])
    assert (shown["state"], shown["error"]["code"]) == ("bounced", "reported_bounced")
    assert shown["error"]["message"].endswith("550 5.1.1 no such mailbox")
    assert ground.api.get(f"/api/v1/mail/recipients/{recipient['id']}").json()["hold"]["code"] == "bounced"
    away = anonymous.post("/api/v1/mail/bounces", content=b"Subject: I am away", headers=keyed)
    assert (away.status_code, away.json()) == (200, {"taken": 0, "ignored": 1})
    assert anonymous.post("/api/v1/mail/bounces", content=b"").json()["code"] == "report_key_invalid"
