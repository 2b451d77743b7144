"""What a disabled endpoint missed is held, and sent again on demand under the same id."""

import json
from uuid import UUID

import pytest
from standardwebhooks.webhooks import Webhook

from shared.events.payloads import WebhookEndpointDisabled
from shared.jobs import execution
from shared.services import Services
from shared.webhooks import attempts
from tests.integration.webhooks.conftest import Ground
from tests.simulators.receiver import Told
from worker.jobs.deliver_webhook import deliver_webhook


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
    assert all(Webhook(endpoint["secret"]).verify(each.body, each.headers) for each in ground.receiver.received)
    (delivered,) = [row for row in ground.deliveries() if row.event_id == missed and str(row.endpoint_id) == endpoint["id"]]
    answer = ground.api.post(f"{path}/deliveries/{delivered.id}/replay")
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    ground.work()
    assert ground.receiver.received[-1].headers["webhook-id"] == str(missed)
    assert ground.api.post(f"{path}/replay", json={"until": "2020-01-01T00:00:00Z"}).json()["replayed"] == 0


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
