"""Messages fit, waits follow their rules, headers cannot make a message another."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import orjson
import pytest

from shared.database.tables import WebhookEndpoint
from shared.database.tables.webhook import EndpointKind
from shared.deliveries import backoff
from shared.events import payloads
from shared.events.types import EventType
from shared.settings import Settings
from shared.webhooks import breaker, cards, confidential, custom_headers, message
from shared.webhooks.confidential import Confidential, Signing

_NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def _settings(*, public_url: str = "https://advisor.example/", api_url: str = "") -> Settings:
    return Settings.model_construct(public_url=public_url, api_url=api_url)


def test_the_longest_payload_there_is_fits_and_keeps_its_link_whole() -> None:
    text = "\x01" * payloads.MAX_TEXT_CHARS  # six bytes each in JSON
    ids = [uuid4() for _ in range(payloads.MAX_ITEMS)]
    longest = payloads.CredentialFailed(
        provider=text,
        credential_type=text,
        credential_id=uuid4(),
        name=text,
        link=f"/api/v1/connections/{uuid4()}",
        dependents=payloads.Dependents(schedule_ids=ids, client_ids=ids),
        state=text,
        error_code=text,
        error=text,
        next_step=text,
        consecutive_failures=3,
        failing_since=_NOW,
    )
    data = msgspec.to_builtins(longest)
    body = message.body_of(_settings(), longest.type.value, _NOW, data)
    assert len(body) <= message.MAX_BODY_BYTES
    sent = orjson.loads(body)
    assert sent["data"]["link"] == "https://advisor.example" + longest.link
    assert len(sent["data"]["dependents"]["client_ids"]) == payloads.MAX_ITEMS
    assert sent["timestamp"] == "2026-11-26T12:00:00+00:00"


@pytest.mark.parametrize(
    ("public_url", "api_url", "expected"),
    [
        ("", "https://api.example", "https://api.example/a"),
        ("https://a.b/c/", "https://x", "https://a.b/c/a"),
        ("", "", "/a"),
    ],
)
def test_links_begin_with_the_address_that_is_known(public_url: str, api_url: str, expected: str) -> None:
    settings = _settings(public_url=public_url, api_url=api_url)
    assert message.with_whole_links(settings, {"link": "/a"}) == {"link": expected}


@pytest.mark.parametrize("event_type", EventType)
def test_every_event_has_a_card_with_a_title_of_its_own(event_type: EventType) -> None:
    card = cards.card_of(event_type.value, {"error": "x" * 5000, "link": "/no/address"})
    assert card.title != event_type.value
    assert card.link is None
    assert len(card.facts[0][1]) <= 500
    for kind in (EndpointKind.TEAMS, EndpointKind.SLACK):
        assert orjson.loads(cards.body_of(kind, card))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("120", 120),
        ("999999999999", 86_400),
        ("Thu, 26 Nov 2026 12:05:00 GMT", 300),
        ("Thu, 26 Nov 2020 12:05:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("٣", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(given: str, expected: float | None) -> None:
    assert backoff.retry_after_s({"retry-after": given}, _NOW) == expected


def test_rotation_keeps_what_overlaps_and_forgets_what_ended() -> None:
    first = Confidential("https://a.example", signing=(Signing("whsec_1"),))
    second = first.rotated("whsec_2", _NOW, timedelta(hours=2))
    third = second.rotated("whsec_3", _NOW + timedelta(hours=1), timedelta(hours=5))
    assert second.signing_at(_NOW + timedelta(hours=1)) == ("whsec_2", "whsec_1")
    assert second.signing_at(_NOW + timedelta(hours=2)) == ("whsec_2",)
    # A longer overlap does not lengthen the life of what was to end before.
    assert third.signing_at(_NOW + timedelta(hours=3)) == ("whsec_3", "whsec_2")
    assert third.rotated("whsec_4", _NOW, timedelta(0)).signing_at(_NOW) == ("whsec_4",)
    assert "whsec_" not in repr(third)


@pytest.mark.parametrize(
    ("kind", "url", "shown"),
    [
        (EndpointKind.STANDARD, "https://a.example/hook?token=1", "https://a.example/hook?…"),
        (EndpointKind.STANDARD, "https://a.example/hook", "https://a.example/hook"),
        (EndpointKind.SLACK, "https://hooks.slack.com/services/T0/B0/secret", "https://hooks.slack.com/…"),
    ],
)
def test_of_an_address_no_more_is_shown_than_may_be(kind: EndpointKind, url: str, shown: str) -> None:
    assert confidential.shown_url(kind, url) == shown


def test_header_names_that_differ_by_case_alone_are_refused() -> None:
    assert custom_headers.checked({"Authorization": "Bearer a", "X-Empty": ""}) == {
        "Authorization": "Bearer a",
        "X-Empty": "",
    }
    with pytest.raises(custom_headers.HeaderRefusedError, match="twice"):
        custom_headers.checked({"X-A": "1", "x-a": "2"})
    with pytest.raises(custom_headers.HeaderRefusedError) as refused:
        custom_headers.checked({"X-A": "gehäim"})
    assert "gehäim" not in refused.value.message


def test_the_breaker_opens_for_longer_each_time_and_closes_with_a_success() -> None:
    endpoint = WebhookEndpoint(consecutive_failures=0)
    waits = []
    for _ in range(breaker.OPENS_AFTER + 12):
        assert not breaker.failed(endpoint, _NOW, disable_after=timedelta(hours=1))
        waits.append((endpoint.open_until - _NOW).total_seconds() if endpoint.open_until else 0.0)
    assert waits[: breaker.OPENS_AFTER + 1] == [0.0] * (breaker.OPENS_AFTER - 1) + [30.0, 60.0]
    assert waits[-1] == 3600.0
    later = breaker.admit(endpoint, _NOW)
    assert later is not None
    assert later >= _NOW + timedelta(hours=1)
    trial = _NOW + timedelta(hours=2)
    # One is let in; who comes after it waits.
    assert breaker.admit(endpoint, trial) is None
    assert breaker.admit(endpoint, trial) is not None
    assert breaker.failed(endpoint, trial, disable_after=timedelta(hours=1))
    breaker.succeeded(endpoint, trial)
    assert breaker.admit(endpoint, trial) is None
