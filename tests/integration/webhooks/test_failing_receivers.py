"""Receivers that fail are tried again, later and later, then left alone; what is at fault here is not held against them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.deliveries import backoff
from shared.services import Services
from shared.webhooks import breaker, confidential
from tests.integration.webhooks.conftest import Ground
from tests.simulators.receiver import Told


def test_a_failing_receiver_is_tried_at_once_and_then_longer_and_longer_until_it_is_given_up(ground: Ground) -> None:
    endpoint = ground.endpoint(attempts=2)
    ground.receiver.answers.append(Told(500, body=b"no \0 password=hunter2hunter2"))
    event_id = ground.deliver()
    waits = []
    for _ in backoff.LONG_WAITS_S:
        (row,) = ground.deliveries()
        assert row.next_attempt_at is not None
        waits.append((row.next_attempt_at - datetime.now(UTC)).total_seconds())
        ground.arrange(endpoint, open_until=None)
        assert ground.work() == 1
    (row,) = ground.deliveries()
    assert (row.state, row.attempt_count) == ("failed", 2 * (1 + len(backoff.LONG_WAITS_S)))
    for wait, planned in zip(waits, backoff.LONG_WAITS_S, strict=True):
        assert planned * 0.75 - 10 < wait < planned * 1.25
    assert {received.headers["webhook-id"] for received in ground.receiver.received} == {str(event_id)}
    attempt = ground.delivery(endpoint, row)["attempts"][0]
    assert (attempt["status"], attempt["error"]["code"]) == (500, "refused")
    assert "hunter2" not in attempt["answer"]
    assert ground.work() == 0


@pytest.mark.parametrize("given", ["date", "seconds"])
def test_retry_after_is_obeyed(ground: Ground, given: str) -> None:
    ground.endpoint(attempts=5)
    at = datetime.now(UTC) + timedelta(seconds=900)
    value = at.strftime("%a, %d %b %Y %H:%M:%S GMT") if given == "date" else "900"
    ground.receiver.answers.append(Told(429, {"Retry-After": value}))
    ground.deliver()
    (row,) = ground.deliveries()
    assert row.next_attempt_at is not None
    assert abs((row.next_attempt_at - at).total_seconds()) < 60
    assert len(ground.receiver.received) == 1


def test_a_redirect_is_not_followed(ground: Ground) -> None:
    endpoint = ground.endpoint()
    ground.receiver.answers.append(Told(302, {"Location": f"{ground.receiver.url}/elsewhere"}))
    ground.deliver()
    (row,) = ground.deliveries()
    assert (row.state, row.last_status) == ("waiting", 302)
    assert "redirects are not followed" in ground.delivery(endpoint, row)["error"]["message"]
    assert [received.path for received in ground.receiver.received] == ["/hook"]


def test_an_endpoint_that_fails_in_a_row_is_left_alone_then_tried_by_one_and_at_last_disabled(ground: Ground) -> None:
    endpoint = ground.endpoint(attempts=1)
    ground.receiver.answers.append(Told(503))
    for _ in range(breaker.OPENS_AFTER + 3):
        ground.happen()
    ground.pass_on()
    ground.work()
    # The breaker opened: the others were put off without a request.
    assert len(ground.receiver.received) == breaker.OPENS_AFTER
    put_off = {each.job_id for each in ground.deliveries() if not each.attempt_count}
    row = ground.row(endpoint)
    assert row.open_until is not None
    assert row.open_until > datetime.now(UTC)
    assert row.failing_since is not None
    # However often they come back meanwhile, they do so with the jobs that they have.
    ground.work()
    assert {each.job_id for each in ground.deliveries() if not each.attempt_count} == put_off
    # Its time is over: one tries for all.
    ground.arrange(endpoint, open_until=datetime.now(UTC))
    ground.work()
    assert len(ground.receiver.received) == breaker.OPENS_AFTER + 1
    # It has failed for days: no more is sent, and that is an event.
    ground.arrange(endpoint, open_until=datetime.now(UTC), failing_since=datetime.now(UTC) - timedelta(hours=121))
    ground.work()
    assert ground.row(endpoint).disabled_code == "failing"
    assert ground.event_types()[-1] == "webhook.endpoint.disabled"
    assert {each.state for each in ground.deliveries()} == {"held"}
    sent = len(ground.receiver.received)
    ground.work()
    assert len(ground.receiver.received) == sent
    # Somebody repairs the receiver, tests, and enables it.
    ground.receiver.answers.clear()
    tested = ground.api.post(f"/api/v1/webhooks/{endpoint['id']}/test").json()
    ground.work()
    answer = ground.api.get(f"/api/v1/webhooks/{endpoint['id']}/deliveries/{tested['id']}").json()
    assert (answer["event_type"], answer["state"]) == ("webhook.test", "delivered")


def test_a_secret_that_cannot_be_read_is_no_fault_of_the_endpoint(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, superuser: Any
) -> None:
    endpoint = ground.endpoint()
    monkeypatch.setattr(confidential, "_kept", confidential._Kept())
    superuser.execute("update sealed_secret set name = 'away-' || name where name like 'webhook-%'")
    ground.deliver()
    (row,) = ground.deliveries()
    assert (row.state, row.error_code, row.step) == ("waiting", "secret_missing", 0)
    ground.work()
    (again,) = ground.deliveries()
    assert (again.job_id, again.attempt_count) == (row.job_id, 2)
    assert again.next_attempt_at is not None
    assert again.next_attempt_at - datetime.now(UTC) > timedelta(minutes=9)
    assert ground.row(endpoint).consecutive_failures == 0
    superuser.execute("update sealed_secret set name = substr(name, 6) where name like 'away-webhook-%'")
    ground.work()
    assert [each.state for each in ground.deliveries()] == ["delivered"]


def test_an_address_that_turns_private_gets_nothing(
    ground: Ground, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground.endpoint()
    closed = Services(services.settings.model_copy(update={"outgoing_hosts": ""}))
    ground.happen()
    ground.pass_on()
    with monkeypatch.context() as patch:
        patch.setattr(ground, "services", closed)
        ground.work()
    closed.close()
    (row,) = ground.deliveries()
    assert (row.state, row.error_code, row.attempt_count) == ("waiting", "url_refused", 1)
    assert ground.receiver.received == []
