"""Messages hold what they should and nothing that somebody smuggled in; links grant what is signed in them and no more."""

import re
import time
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.database.tables.mail import Digest
from shared.mail import links
from shared.mail.delivery_reports import ReportedStatus
from shared.mail.digest_times import next_digest_at
from shared.mail.kinds import MailKind
from shared.mail.message_id import message_id_of, named_by
from shared.mail.pages import masked
from shared.mail.relay_breaker import OPENS_AFTER, RelayBreaker
from shared.reports import ReportFormat
from shared.settings import Settings
from shared.settings.mail import checked_mail_address
from tests.generators.mail_letters import ID, branded, drawn
from worker.mail.letter import Attachment
from worker.mail.message import Envelope, message_of, picture_of

ENVELOPE = Envelope(
    message_id=message_id_of(ID, ID, "reports@advisor.example"),
    sent_at=datetime(2026, 11, 26, 8, tzinfo=UTC),
    sender="reports@advisor.example",
    sender_name="Fabrikam",
    reply_to="",
    recipient="alex@example.com",
    recipient_name="Alex",
    subject="Report ready",
    language="en",
    unsubscribe_url=f"https://advisor.example/api/v1/mail/unsubscribe?t={'a' * 90}&sig={'b' * 43}",
)
NAMES = {
    "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "From", "To", "Subject", "Date", "Content-Language",
    "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
}  # fmt: skip
KEY = b"k" * 32
SETTINGS = Settings.model_construct(public_url="https://advisor.example/", api_url="")


def _parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def test_a_message_has_text_html_a_logo_and_attachments() -> None:
    text, page = drawn("report", "ja", branded())
    attachment = Attachment(file_name="Bericht “Ü”.pdf", content_type="application/pdf", content=b"%PDF")
    content = message_of(ENVELOPE, text, page, picture_of(branded().logo), [attachment])
    message = _parsed(content)
    assert message.get_content_type() == "multipart/mixed"
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().replace("\r\n", "\n") == text
    assert html.get_content().replace("\r\n", "\n").strip() == page.strip()
    (logo,) = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert (logo["Content-ID"], logo.get_content_disposition()) == ("<logo>", "inline")
    assert [(part.get_filename(), part.get_content()) for part in message.iter_attachments()] == [
        ("Bericht “Ü”.pdf", b"%PDF")
    ]
    # What relays take: ASCII alone, in lines of bounded length that end as they should.
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert re.search(rb"(?<!\r)\n", content) is None


def test_headers_that_must_not_be_torn_apart_are_whole() -> None:
    message = _parsed(message_of(ENVELOPE, "t", "<p>t</p>", None))
    assert message["Message-ID"] == ENVELOPE.message_id
    assert message["List-Unsubscribe"] == f"<{ENVELOPE.unsubscribe_url}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert set(message.keys()) == NAMES


@given(name=st.text(max_size=150), subject=st.text(max_size=300))
def test_no_name_and_no_subject_becomes_a_header_of_its_own(name: str, subject: str) -> None:
    envelope = msgspec.structs.replace(
        ENVELOPE, recipient_name=name, sender_name=name, subject=subject + "\r\nBcc: eve@example.com\n\nBody"
    )
    message = _parsed(message_of(envelope, "t", "<p>t</p>", None))
    assert set(message.keys()) == NAMES
    assert [address.addr_spec for address in message["To"].addresses] == ["alex@example.com"]
    assert [address.addr_spec for address in message["From"].addresses] == ["reports@advisor.example"]


@pytest.mark.parametrize(
    ("given_address", "kept"),
    [
        (" Alex.Doe+tag@Example.COM ", "Alex.Doe+tag@example.com"),
        ("alex@münchen.example", "alex@xn--mnchen-3ya.example"),
        ("alex@MÜNCHEN.example", "alex@xn--mnchen-3ya.example"),
        ("o'neil@example.co.uk", "o'neil@example.co.uk"),
    ],
)
def test_an_address_is_kept_as_relays_take_it(given_address: str, kept: str) -> None:
    assert checked_mail_address(given_address) == kept


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "alex", "@example.com", "alex@", "alex@localhost", "alex@127.0.0.1", "alex@[127.0.0.1]", "älex@example.com",
        "alex@example.com\r\nBcc: eve@example.com", "alex@exa mple.com",
        "a b@example.com", '"a b"@example.com', ".a@example.com",
        "a..b@example.com", "a@b@example.com", "alex@-example.com", "alex@example..com", f"{'a' * 65}@example.com",
        f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 20}.com",
        "alex@example.com,eve@example.com",
        "<a@example.com>",
        "alex@example.com\0",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_a_sentence(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"^(must|has) ") as refused:
        checked_mail_address(wrong)
    assert "eve" not in str(refused.value)


def _opened(kind: Any, token: str, signature: str, key: bytes) -> Any:
    return links.opened(kind, token, signature, key)


def test_a_link_grants_what_is_signed_in_it_and_nothing_else() -> None:
    tenant_id, row_id = uuid4(), uuid4()
    later = int(time.time()) + 60
    grants = (
        links.Unsubscribe.of(tenant_id, row_id, "Alex@example.com", MailKind.DIGEST),
        links.File(tenant_id, row_id, ReportFormat.PDF, later),
    )
    for grant in grants:
        link = links.link_to(SETTINGS, grant, KEY)
        assert link.startswith("https://advisor.example/api/v1/mail/")
        token, signature = re.findall(r"(?:t|sig)=([\w-]+)", link)
        assert links.tenant_of(token) == tenant_id
        assert _opened(type(grant), token, signature, KEY) == grant
        other = links.File if isinstance(grant, links.Unsubscribe) else links.Unsubscribe
        for kind, wrong_token, wrong_signature, key in (
            (other, token, signature, KEY),
            (type(grant), token, signature, b"another"),
            (type(grant), token[:-4] + "AAAA", signature, KEY),
            (type(grant), token, signature[:-4] + "AAAA", KEY),
            (type(grant), token, "", KEY),
            (type(grant), "%%%", signature, KEY),
            (type(grant), "A" * 5000, signature, KEY),
        ):
            with pytest.raises(ValueError, match=r"token|fit"):
                _opened(kind, wrong_token, wrong_signature, key)
    assert not grants[1].is_expired
    assert links.File(tenant_id, row_id, ReportFormat.PDF, int(time.time())).is_expired


@given(st.text(max_size=400))
def test_no_text_is_taken_for_a_token(text: str) -> None:
    with pytest.raises(ValueError, match=r"token|fit"):
        links.opened(links.File, text, text, KEY)


def test_a_message_id_names_the_mail_it_was_made_for() -> None:
    tenant_id, delivery_id = uuid4(), uuid4()
    made = message_id_of(tenant_id, delivery_id, "reports@advisor.example")
    assert made == message_id_of(tenant_id, delivery_id, "reports@advisor.example")
    assert named_by(made) == named_by(made.strip("<>")) == (tenant_id, delivery_id)
    assert named_by("<somebody.else@example.com>") is None


@pytest.mark.parametrize(
    ("cadence", "zone", "after", "due"),
    [
        ("daily", "Europe/Berlin", "2026-11-26T06:59:00", "2026-11-26T07:00:00"),
        ("daily", "Europe/Berlin", "2026-11-26T07:00:00", "2026-11-27T07:00:00"),
        ("weekly", "America/New_York", "2026-11-26T12:00:00", "2026-11-30T13:00:00"),
        # The clock goes forward that night: the hour is there, an hour of the day sooner.
        ("daily", "Europe/Berlin", "2026-03-28T08:00:00", "2026-03-29T06:00:00"),
        ("none", "UTC", "2026-11-26T12:00:00", None),
    ],
)
def test_a_digest_is_due_by_the_readers_own_clock(cadence: str, zone: str, after: str, due: str | None) -> None:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    found = next_digest_at(Digest(cadence), hour=8, weekday=1, zone=ZoneInfo(zone), after=moment)
    assert found == (datetime.fromisoformat(due).replace(tzinfo=UTC) if due else None)


def test_an_hour_that_the_clock_leaves_out_is_not_lost() -> None:
    before = datetime(2026, 3, 28, 22, tzinfo=UTC)
    found = next_digest_at(Digest.DAILY, hour=2, weekday=1, zone=ZoneInfo("Europe/Berlin"), after=before)
    assert found == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_a_masked_address_shows_its_owner_enough_and_others_nothing() -> None:
    assert masked("alex.doe@example.com") == "a…@example.com"


def test_every_status_of_a_report_is_known() -> None:
    assert {status.value for status in ReportedStatus} >= {
        "Delivered", "Suppressed", "Bounced", "Quarantined", "FilteredSpam", "Expanded", "Failed",
    }  # fmt: skip


def test_a_relay_that_fails_is_left_alone_longer_and_longer_and_one_mail_tries_for_all() -> None:
    now = [0.0]
    breaker = RelayBreaker(lambda: now[0])
    for _ in range(OPENS_AFTER):
        assert breaker.wait_s() is None
        breaker.failed()
    pauses = []
    for _ in range(8):
        wait_s = breaker.wait_s()
        assert wait_s is not None
        pauses.append(breaker._open_until - now[0])
        now[0] = breaker._open_until
        # The first is let in, and nobody else as long as it tries.
        assert breaker.wait_s() is None
        assert breaker.wait_s() is not None
        breaker.failed()
    assert pauses == [15, 30, 60, 120, 240, 300, 300, 300]
    breaker.worked()
    assert breaker.wait_s() is None
