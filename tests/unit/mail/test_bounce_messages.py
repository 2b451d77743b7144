"""What mail servers write to the sender is understood where it is about one of our mails, and harmless where it is not."""

from uuid import uuid4

import pytest

from shared.mail.bounce_messages import MAX_BYTES, reports_in
from shared.mail.message_id import message_id_of
from tests.generators.bounces import block, bounce

_TENANT, _DELIVERY = uuid4(), uuid4()
_ID = message_id_of(_TENANT, _DELIVERY, "reports@advisor.example")
_FOLDED = "550-5.1.1 The email account that you tried to reach does\n 550 5.1.1 not exist"


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (block("alex@example.com", said="550 5.1.1 no such user"), "Bounced"),
        (block("alex@example.com", said=_FOLDED), "Bounced"),
        (block("alex@example.com", status="5.2.1"), "Bounced"),
        (block("alex@example.com", status="5.0.0", said="550 unknown user"), "Bounced"),
        (block("alex@example.com", status="", said="550 5.1.10 RESOLVER.ADR.RecipientNotFound"), "Bounced"),
        (block("alex@example.com", status="5.0.0", said="550 we do not relay"), "Failed"),
        (block("alex@example.com", status="5.7.1", said="550 blocked by policy"), "Failed"),
        (block("alex@example.com", status="4.4.7"), "Failed"),
        (block("alex@example.com", action="Delivered", status="2.0.0"), "Delivered"),
        (block("list@example.com", action="expanded", status="2.0.0"), "Expanded"),
        (block("alex@example.com", action="delayed", status="4.4.1"), None),
        (block("alex@example.com", action="relayed", status="2.0.0"), None),
        ("Action: failed", "Failed"),
    ],
)
@pytest.mark.parametrize("is_whole", [True, False])
def test_a_notification_says_what_became_of_our_mail(told: str, status: str | None, is_whole: bool) -> None:
    found = reports_in(bounce(_ID, [told], is_whole=is_whole))
    assert [report.status.value for _, report in found] == ([status] if status else [])
    assert {(tenant_id, report.delivery_id) for tenant_id, report in found} <= {(_TENANT, _DELIVERY)}


def test_every_way_to_write_an_address_is_known() -> None:
    told = block("elsewhere@example.net", given="alex+2Breports@example.com", said="550 5.1.1 no")
    ((_, report),) = reports_in(bounce(_ID, [told]))
    assert report.recipients == ("alex+2Breports@example.com", "alex+reports@example.com", "elsewhere@example.net")
    assert report.detail == "550 5.1.1 no"


_DEEP = b"Content-Type: multipart/report; boundary=x\n\n--x\n" * 5_000
_OURS = bounce(_ID, [block("alex@example.com")])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\x00\n\n" * 50_000,
        b"Subject: I am away\n\nUntil Monday.",
        _OURS.replace(b"multipart/report", b"multipart/mixed"),
        _OURS.replace(b"message/delivery-status", b"text/plain"),
        _OURS.replace(b"message/rfc822", b"text/plain"),
        bounce("<20261126.1@elsewhere.example>", [block("alex@example.com")]),
        bounce(_ID, []),
        _DEEP,
        _OURS.replace(b"Arrival-Date", b"\r\n" * 20_000),
        b"Received: x\n" * MAX_BYTES + _OURS,
        _OURS[:600],
    ],
)
def test_what_is_no_notification_about_our_mail_says_nothing(content: bytes) -> None:
    assert reports_in(content) == []


def test_a_notification_about_many_addresses_is_read_as_far_as_any_is_about_ours() -> None:
    assert len(reports_in(bounce(_ID, [block(f"r{number}@example.com") for number in range(50)]))) == 20
