"""What happened arrives once, signed, however often receivers and processes fail."""

import hashlib
import hmac
import json
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from infra.local import node, places
from shared.database.tables import Client, Job, WebhookDelivery, WebhookEndpoint
from shared.database.tables.job import JobState
from shared.events.dispatching import dispatch
from shared.events.payloads import WebhookEndpointDisabled
from shared.identifiers import new_id
from shared.jobs import execution
from shared.jobs.sweep import sweep
from shared.services import Services
from shared.telemetry import metrics
from shared.ticks.acts import acts
from shared.webhooks import attempts, backoff, breaker, confidential, subscriber
from tests.integration.webhooks.conftest import Ground, completed
from tests.simulators.receiver import Received, Told
from worker.jobs.deliver_webhook import deliver_webhook

_VERIFY = """
const { Webhook } = require("standardwebhooks");
for (const { secret, body, headers } of JSON.parse(require("fs").readFileSync(0, "utf8"))) {
  console.log(new Webhook(secret).verify(body, headers).type);
  try { new Webhook(secret).verify(body + " ", headers); console.log("accepted"); } catch { console.log("refused"); }
}
"""


def _verified(secret: str, received: Received) -> dict[str, Any]:
    content: dict[str, Any] = Webhook(secret).verify(received.body, received.headers)
    return content


def test_an_event_arrives_signed_so_that_the_reference_libraries_verify_it(ground: Ground) -> None:
    old = ground.endpoint(headers={"X-Team": "Cloud"}, legacy_headers=True)
    answer = ground.api.post(
        f"/api/v1/webhooks/{old['id']}/rotate-secret", json={"overlap_hours": 1}, headers={"If-Match": "*"}
    )
    new = answer.json()
    assert new["secret"] not in {None, old["secret"]}
    event_id = ground.deliver(completed("Zürich “Ü”"))

    (received,) = ground.receiver.received
    # Python: both secrets verify while they overlap, another does not.
    for secret in (old["secret"], new["secret"]):
        assert _verified(secret, received)["data"]["title"] == "Zürich “Ü”"
    with pytest.raises(WebhookVerificationError):
        _verified(confidential.new_secret(), received)
    # JavaScript: the same, and not with a byte more.
    cases = [
        {"secret": secret, "body": received.body.decode(), "headers": received.headers}
        for secret in (old["secret"], new["secret"])
    ]
    done = subprocess.run(
        [node.find().node, "-e", _VERIFY],
        input=json.dumps(cases),
        cwd=places.REPOSITORY / "infra" / "local",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == ["report.completed", "refused"] * 2
    # Older receivers: the same bytes, by the newest secret.
    digest = hmac.new(new["secret"].encode(), received.body, hashlib.sha256).hexdigest()
    headers = received.headers
    assert headers["x-webhook-signature"] == f"sha256={digest}"
    assert (headers["x-webhook-event"], headers["x-webhook-timestamp"]) == (
        "report.completed",
        headers["webhook-timestamp"],
    )
    assert (headers["webhook-id"], headers["x-team"]) == (str(event_id), "Cloud")
    content = json.loads(received.body)
    assert sorted(content) == ["data", "timestamp", "type"]
    assert content["data"]["link"].startswith("https://advisor.example/api/v1/reports/")
    (delivery,) = ground.deliveries()
    shown = ground.delivery(old, delivery)
    assert (shown["state"], shown["last_status"], shown["attempt_count"]) == ("delivered", 200, 1)
    assert (shown["attempts"][0]["status"], shown["attempts"][0]["answer"]) == (200, "thank you")


def test_only_endpoints_that_want_an_event_get_it(ground: Ground, database: Any) -> None:
    with database.tenant(ground.tenant_id) as session:
        client = Client(tenant_id=ground.tenant_id, name="Contoso")
        session.add(client)
    ground.endpoint(description="all")
    ground.endpoint(description="of the client", client_ids=[str(client.id)])
    ground.endpoint(description="failures", event_types=["report.failed", "credential.failed"])
    ground.endpoint(description="reports", event_types=["report.completed"])
    names = {}
    with database.tenant(ground.tenant_id) as session:
        names = {row.id: row.description for row in session.scalars(select(WebhookEndpoint))}

    def told(client_id: UUID | None) -> list[str]:
        event_id = ground.happen(client_id=client_id)
        ground.pass_on()
        return sorted(names[row.endpoint_id] for row in ground.deliveries() if row.event_id == event_id)

    assert told(client.id) == ["all", "of the client", "reports"]
    assert told(None) == told(new_id()) == ["all", "reports"]


def test_nothing_is_lost_where_everything_dies_after_the_commit(ground: Ground, services: Services) -> None:
    ground.endpoint()
    event_id = ground.happen()

    def die_passing_on(session: Any, event: Any) -> None:
        subscriber.subscribe(session, event)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dispatch(services.system_database, [die_passing_on])
    assert ground.deliveries() == []

    def die_working(run: Any) -> None:
        raise SystemExit

    assert ground.pass_on() == 1
    (waiting,) = ground.deliveries()
    assert waiting.job_id is not None
    with pytest.raises(SystemExit):
        execution.execute(services, die_working, tenant_id=ground.tenant_id, job_id=waiting.job_id, worker="dying")
    # Even the job may be gone: what lies about without one is found.
    with services.database.tenant(ground.tenant_id) as session:
        session.execute(delete(Job).where(Job.id == waiting.job_id))
        long_ago = datetime.now(UTC) - timedelta(hours=1)
        session.execute(update(WebhookDelivery).values(next_attempt_at=long_ago))
    (act,) = [each for each in acts(services.settings) if each.name == "events"]
    assert act.do(services) == "passed on 0, revived 1 deliveries"
    # The message of its job, then the same message once more: it is sent once.
    sweep(services)
    (revived,) = ground.deliveries()
    assert revived.job_id is not None
    for _ in range(2):
        execution.execute(services, deliver_webhook, tenant_id=ground.tenant_id, job_id=revived.job_id, worker="living")
    assert [received.headers["webhook-id"] for received in ground.receiver.received] == [str(event_id)]
    assert ground.pass_on() == 0


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


def test_a_receiver_that_is_gone_is_disabled_and_what_happens_meanwhile_is_held_and_replayed(ground: Ground) -> None:
    endpoint, other = ground.endpoint(), ground.endpoint(url=f"{ground.receiver.url}/other")
    path = f"/api/v1/webhooks/{endpoint['id']}"
    # Of the two only one is gone.
    (_, both) = ground.happen(), ground.pass_on()
    assert both == 1
    ground.receiver.answers.extend([Told(410), Told(200)])
    jobs = {row.endpoint_id: row.job_id for row in ground.deliveries()}
    for endpoint_id in (endpoint["id"], other["id"]):
        job_id = jobs[UUID(endpoint_id)]
        assert job_id is not None
        execution.execute(ground.services, deliver_webhook, tenant_id=ground.tenant_id, job_id=job_id, worker="test")
    shown = ground.api.get(path).json()
    assert (shown["enabled"], shown["disabled_because"]["code"]) == (False, "gone")
    ground.receiver.answers.clear()
    ground.receiver.received.clear()
    # Its own end is told to the other one, and not kept for itself.
    ground.pass_on()
    missed = ground.happen()
    ground.pass_on()
    ground.work()
    assert [json.loads(each.body)["type"] for each in ground.receiver.received] == [
        WebhookEndpointDisabled.type.value,
        "report.completed",
    ]
    assert {each.path for each in ground.receiver.received} == {"/other"}
    assert ground.api.get(path).json()["undelivered_count"] == 2
    refused = ground.api.post(f"{path}/replay", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "webhook_disabled")
    # Enabled again, it gets on demand what it missed: the same ids, fresh timestamps.
    ground.api.patch(path, json={"enabled": True}, headers={"If-Match": "*"}).raise_for_status()
    ground.receiver.received.clear()
    assert ground.work() == 0
    assert ground.api.post(f"{path}/replay", json={}).json() == {"replayed": 2, "left": 0}
    ground.work()
    ids = [each.headers["webhook-id"] for each in ground.receiver.received]
    assert ids[1] == str(missed)
    assert all(_verified(endpoint["secret"], each) for each in ground.receiver.received)
    (delivered,) = [row for row in ground.deliveries() if row.event_id == missed and str(row.endpoint_id) == endpoint["id"]]
    answer = ground.api.post(f"{path}/deliveries/{delivered.id}/replay")
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    ground.work()
    assert ground.receiver.received[-1].headers["webhook-id"] == str(missed)
    assert ground.api.post(f"{path}/replay", json={"until": "2020-01-01T00:00:00Z"}).json()["replayed"] == 0


def test_an_endpoint_that_fails_in_a_row_is_left_alone_then_tried_by_one_and_at_last_disabled(ground: Ground) -> None:
    endpoint = ground.endpoint(attempts=1)
    ground.receiver.answers.append(Told(503))
    for _ in range(breaker.OPENS_AFTER + 3):
        ground.happen()
    ground.pass_on()
    ground.work()
    # The breaker opened: the others were put off without a request.
    assert len(ground.receiver.received) == breaker.OPENS_AFTER
    row = ground.row(endpoint)
    assert row.open_until is not None
    assert row.open_until > datetime.now(UTC)
    assert row.failing_since is not None
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


@pytest.mark.parametrize("kind", ["teams", "slack"])
def test_chats_get_a_card_that_people_can_read(ground: Ground, kind: str) -> None:
    endpoint = ground.endpoint(kind=kind, url=f"{ground.receiver.url}/services/T000/B000/k4tokentokentokentoken")
    assert (endpoint["secret"], endpoint["url"]) == (None, f"{ground.receiver.url}/…")
    ground.deliver(completed("<Q3> & [more](https://evil.example)"))
    (received,) = ground.receiver.received
    card = json.loads(received.body)
    text = json.dumps(card)
    assert "webhook-signature" not in received.headers
    assert "https://advisor.example/api/v1/reports/" in text
    assert "Report ready" in text
    if kind == "slack":
        assert "&lt;Q3&gt; &amp;" in text
    else:
        assert card["attachments"][0]["content"]["body"][1]["facts"][0]["value"].startswith("<Q3> & \\[more\\]\\(")


def test_jobs_of_deliveries_that_ended_do_nothing(ground: Ground, services: Services) -> None:
    ground.endpoint()
    ground.deliver()
    (row,) = ground.deliveries()
    subscriber_job = new_id()
    with services.system_database.across_tenants() as session:
        subscriber.add_jobs(session, [(ground.tenant_id, row.id, subscriber_job)], at=datetime.now(UTC))
    state = execution.execute(services, deliver_webhook, tenant_id=ground.tenant_id, job_id=subscriber_job, worker="late")
    assert state is JobState.SUCCEEDED
    assert len(ground.receiver.received) == 1


def test_what_arrived_while_its_endpoint_was_disabled_and_tests_that_failed_are_not_replayed(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = ground.endpoint(attempts=1)
    path = f"/api/v1/webhooks/{endpoint['id']}"
    send = attempts.attempt

    def disabled_meanwhile(services: Services, ready: attempts.Ready) -> attempts.Outcome:
        outcome = send(services, ready)
        ground.api.patch(path, json={"enabled": False}, headers={"If-Match": "*"}).raise_for_status()
        return outcome

    with monkeypatch.context() as patch:
        patch.setattr(attempts, "attempt", disabled_meanwhile)
        ground.deliver()
    ground.receiver.answers.append(Told(500))
    tested = ground.api.post(f"{path}/test").json()
    ground.work()
    assert [row.state for row in ground.deliveries()] == ["delivered", "failed"]
    assert tested["state"] == "waiting"
    ground.api.patch(path, json={"enabled": True}, headers={"If-Match": "*"}).raise_for_status()
    assert ground.api.get(path).json()["undelivered_count"] == 0
    assert ground.api.post(f"{path}/replay", json={}).json() == {"replayed": 0, "left": 0}


def test_attempts_are_counted_and_timed_by_how_they_ended(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = metrics._Recorder()
    monkeypatch.setattr(metrics, "_recorder", recorder)
    ground.endpoint(attempts=2)
    ground.receiver.answers.extend([Told(500), Told(200), Told(410)])
    ground.deliver()
    ground.deliver()

    def counted(status: str) -> float | None:
        labels = {"event_type": "report.completed", "status": status}
        return recorder.registry.get_sample_value("webhook_delivery_total", labels)

    assert [counted(status) for status in ("retrying", "delivered", "failed")] == [1, 1, 1]
    of_type = {"event_type": "report.completed"}
    assert recorder.registry.get_sample_value("webhook_delivery_duration_seconds_count", of_type) == 3
