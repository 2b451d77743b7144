"""What happened arrives once, signed, however often processes die."""

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
from shared.deliveries import jobs
from shared.events.dispatching import dispatch
from shared.identifiers import new_id
from shared.jobs import execution
from shared.jobs.kinds import DELIVER_WEBHOOK
from shared.jobs.sweep import sweep
from shared.services import Services
from shared.telemetry import metrics
from shared.ticks.acts import acts
from shared.webhooks import confidential, subscriber
from tests.integration.jobs.waiting import PATIENCE_S
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
        timeout=PATIENCE_S,
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
        jobs.add_jobs(session, DELIVER_WEBHOOK, [(ground.tenant_id, row.id, subscriber_job)], at=datetime.now(UTC))
    state = execution.execute(services, deliver_webhook, tenant_id=ground.tenant_id, job_id=subscriber_job, worker="late")
    assert state is JobState.SUCCEEDED
    assert len(ground.receiver.received) == 1


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
