"""Whatever somebody changes by the API is in the audit log: every route that is not a mere read is tried, or named here."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from cryptography.fernet import Fernet
from httpx import Client
from pydantic import SecretStr
from sqlalchemy import func, select

from function_app.api.application import create_application
from shared.access import Scope, generate_key
from shared.database.tables import ApiKey, AuditEvent, Finding, MailDelivery, MailHold, Report, WebhookDelivery
from shared.services import Services
from shared.settings import Settings
from tests.integration.api.conftest import EXPORT
from tests.integration.api.serving import caller, serving

_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><path d="M0 0h40v20z"/></svg>'
_ANY = {"headers": {"If-Match": "*"}}
_LOGO = {"content": _SVG, "headers": {"Content-Type": "image/svg+xml"}}

CHANGES_NOTHING = {
    "POST /api/v1/branding/preview": "shows a page and keeps nothing",
    "POST /api/v1/clients/{client_id}/branding/preview": "shows a page and keeps nothing",
    "POST /api/v1/branding/preview/pdf": "makes a sample of what the log tells of already",
    "POST /api/v1/clients/{client_id}/branding/preview/pdf": "makes a sample of what the log tells of already",
    "POST /api/v1/schedules/preview": "shows times and keeps nothing",
    "POST /api/v1/connections/{connection_id}/subscriptions/resolve": "reads",
    "POST /api/v1/connections/{connection_id}/sync": "reads figures anew, as reading them does after a while",
    "POST /api/v1/uploads": "gives a place for a file; the order of the report that uses it is an entry",
}

NOT_BY_A_KEY = {
    "POST /api/v1/mail/unsubscribe": "the person at an address does, and the entry is the service's",
    "POST /api/v1/mail/delivery-reports": "the relay tells; an address that goes on hold is an entry of the service's",
    "POST /api/v1/mail/bounces": "a mail server tells; an address that goes on hold is an entry of the service's",
    "OPTIONS /api/v1/mail/delivery-reports": "the relay asks whether it may tell",
}


@dataclass
class Walk:
    """A caller who goes from route to route, and what came into the log on the way."""

    api: Client
    services: Services
    tenant_id: UUID
    ids: dict[str, str] = field(default_factory=dict)
    walked: set[str] = field(default_factory=set)

    def go(self, route: str, event_type: str, **request: Any) -> dict[str, Any]:
        """Ask a route and see that this alone made an entry of that type, by the caller."""
        method, _, path = route.partition(" ")
        before = self._count()
        answer = self.api.request(method, path.format(**self.ids), **request)
        assert answer.is_success, f"{route}: {answer.text}"
        with self.services.database.tenant(self.tenant_id) as session:
            newest = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
        assert self._count() > before, f"{route} is not in the log"
        assert (newest.type, newest.actor_kind, newest.actor_name) == (event_type, "key", "Test"), route
        self.walked.add(route)
        return dict(answer.json()) if answer.content else {}

    def _count(self) -> int:
        with self.services.database.tenant(self.tenant_id) as session:
            return session.scalars(select(func.count()).select_from(AuditEvent)).one()


@pytest.fixture(scope="module")
def services(settings: Settings) -> Iterator[Services]:
    """An installation that can keep secrets, and sends mail."""
    keys = SecretStr(Fernet.generate_key().decode())
    mail = {"smtp_host": "127.0.0.1", "mail_from": "reports@advisor.example", "public_url": "https://advisor.example"}
    made = Services(settings.model_copy(update={"sealed_store_keys": keys, "vault_url": None, **mail}))
    yield made
    made.close()


@pytest.fixture
def walk(services: Services, tenant: UUID) -> Iterator[Walk]:
    key = generate_key()
    with services.system_database.across_tenants() as session:
        session.add(ApiKey(tenant_id=tenant, name="Test", prefix=key.prefix, key_hash=key.key_hash, scopes=list(Scope)))
    with serving(services) as served:
        api = caller(served, key.secret)
        assert api.get("/api/v1/clients").is_success  # the first use of a key is an entry too
        yield Walk(api, services, tenant)


def test_every_route_that_changes_something_leaves_an_entry(walk: Walk) -> None:
    _clients_and_their_look(walk)
    _reports(walk)
    _schedules(walk)
    _connections(walk)
    _credentials(walk)
    _webhooks(walk)
    _mail(walk)
    walk.go("PUT /api/v1/upkeep/retention", "settings.changed", json={"jobs_days": 7}, **_ANY)
    walk.go("POST /api/v1/upkeep/runs", "upkeep.ordered", json={"dry_run": True})
    walk.go("DELETE /api/v1/clients/{client_id}", "client.changed")
    described = create_application(walk.services).openapi()["paths"]
    changing = {f"{method.upper()} {path}" for path, methods in described.items() for method in methods} - _reads(described)
    assert walk.walked & CHANGES_NOTHING.keys() == set()
    assert changing - walk.walked - CHANGES_NOTHING.keys() - NOT_BY_A_KEY.keys() == set(), (
        "neither tried nor named with a reason"
    )
    assert CHANGES_NOTHING.keys() <= changing


def _reads(described: dict[str, Any]) -> set[str]:
    return {f"GET {path}" for path in described}


def _clients_and_their_look(walk: Walk) -> None:
    walk.ids["client_id"] = walk.go("POST /api/v1/clients", "client.changed", json={"name": "Contoso"})["id"]
    walk.go("PATCH /api/v1/clients/{client_id}", "client.changed", json={"name": "Fabrikam"}, **_ANY)
    for path in ("/api/v1/branding", "/api/v1/clients/{client_id}/branding"):
        walk.go(f"PUT {path}", "settings.changed", json={"footer": "F"}, **_ANY)
        walk.go(f"PUT {path}/logo", "settings.changed", **_LOGO)
        walk.go(f"DELETE {path}/logo", "settings.changed")
        walk.go(f"DELETE {path}", "settings.changed")


def _reports(walk: Walk) -> None:
    given = {"data": {"client_id": walk.ids["client_id"]}, "files": {"file": ("a.csv", EXPORT)}}
    walk.ids["report_id"] = walk.go("POST /api/v1/reports", "report.ordered", **given)["report"]["id"]
    walk.go("POST /api/v1/reports/{report_id}/cancel", "report.cancelled")
    walk.go("POST /api/v1/reports/{report_id}/retry", "report.retried")
    with walk.services.database.tenant(walk.tenant_id) as session:
        assert session.get_one(Report, UUID(walk.ids["report_id"])).state != "cancelled"
    walk.go("DELETE /api/v1/reports/{report_id}", "report.deleted")
    walk.ids["fingerprint"] = _finding(walk)
    mark = "/api/v1/clients/{client_id}/marks/{fingerprint}"
    walk.go(f"PUT {mark}", "finding.marked", json={"status": "accepted"})
    walk.go(f"DELETE {mark}", "finding.marked")


def _finding(walk: Walk) -> str:
    now = func.now()
    with walk.services.database.tenant(walk.tenant_id) as session:
        session.add(
            Finding(
                tenant_id=walk.tenant_id,
                client_id=UUID(walk.ids["client_id"]),
                fingerprint=bytes(16),
                cross_key=bytes(16),
                from_portal=False,
                first_seen_at=now,
                last_seen_at=now,
            )
        )
    return bytes(16).hex()


def _schedules(walk: Walk) -> None:
    wanted = {
        "name": "Hourly",
        "when": {"kind": "interval", "every_s": 3600},
        "work": {"kind": "report", "client_ids": [walk.ids["client_id"]]},
    }
    walk.ids["schedule_id"] = walk.go("POST /api/v1/schedules", "schedule.changed", json=wanted)["id"]
    one = "/api/v1/schedules/{schedule_id}"
    walk.go(f"PATCH {one}", "schedule.changed", json={"name": "Every hour"}, **_ANY)
    for act in ("pause", "resume", "run"):
        walk.go(f"POST {one}/{act}", "schedule.changed")
    walk.go(f"POST {one}/duplicate", "schedule.changed", json={"name": "Copy"})
    walk.go(f"DELETE {one}", "schedule.changed")


def _connections(walk: Walk) -> None:
    given = {"name": "Ours", "kind": "managed_identity"}
    walk.ids["connection_id"] = walk.go("POST /api/v1/connections", "credential.created", json=given)["id"]
    one = "/api/v1/connections/{connection_id}"
    walk.go(f"PATCH {one}", "credential.changed", json={"name": "Production"}, **_ANY)
    walk.go(f"POST {one}/test", "credential.tested")
    walk.go(f"POST {one}/subscriptions/refresh", "credential.tested")
    walk.go(f"DELETE {one}", "credential.deleted")


def _credentials(walk: Walk) -> None:
    given = {
        "name": "Partner",
        "provider": "http",
        "credential_type": "bearer",
        "configuration": {"url": "https://partner.example/me"},
        "secret": {"token": "token-0123456789"},
    }
    walk.ids["credential_id"] = walk.go("POST /api/v1/credentials", "credential.created", json=given)["id"]
    one, health = "/api/v1/credentials/{credential_id}", "/api/v1/credential-health/{credential_id}"
    walk.go(f"PATCH {one}", "credential.changed", json={"name": "Partner API"}, **_ANY)
    walk.go(f"PATCH {health}", "credential.changed", json={"alert_after": 1}, **_ANY)
    walk.go(f"POST {health}/checks", "credential.tested")
    walk.go("POST /api/v1/credential-health/checks", "credential.tested", json={})
    walk.go(f"DELETE {one}", "credential.deleted")


def _webhooks(walk: Walk) -> None:
    given = {"url": "https://receiver.example/hook"}
    walk.ids["webhook_id"] = walk.go("POST /api/v1/webhooks", "webhook.changed", json=given)["id"]
    one = "/api/v1/webhooks/{webhook_id}"
    walk.go(f"PATCH {one}", "webhook.changed", json={"description": "D"}, **_ANY)
    walk.go(f"POST {one}/rotate-secret", "webhook.changed", json={}, **_ANY)
    walk.ids["delivery_id"] = walk.go(f"POST {one}/test", "webhook.sent")["id"]
    with walk.services.database.tenant(walk.tenant_id) as session:
        delivery = session.get_one(WebhookDelivery, UUID(walk.ids["delivery_id"]))
        delivery.state, delivery.next_attempt_at, delivery.finished_at = "failed", None, func.now()
    walk.go(f"POST {one}/deliveries/{{delivery_id}}/replay", "webhook.sent")
    walk.go(f"POST {one}/replay", "webhook.sent", json={})
    walk.go(f"DELETE {one}", "webhook.changed")


def _mail(walk: Walk) -> None:
    given = {"address": "alex@example.com"}
    walk.ids["recipient_id"] = walk.go("POST /api/v1/mail/recipients", "mail.changed", json=given)["id"]
    one = "/api/v1/mail/recipients/{recipient_id}"
    walk.go(f"PATCH {one}", "mail.changed", json={"name": "Alex"}, **_ANY)
    walk.ids["mail_id"] = walk.go(f"POST {one}/test", "mail.sent")["id"]
    with walk.services.database.tenant(walk.tenant_id) as session:
        mail = session.get_one(MailDelivery, UUID(walk.ids["mail_id"]))
        mail.state, mail.next_attempt_at, mail.finished_at = "failed", None, func.now()
        hold = MailHold(tenant_id=walk.tenant_id, address="alex@example.com", code="bounced", reason="No mailbox.")
        session.add(hold)
    walk.ids["hold_id"] = str(hold.id)
    walk.go("POST /api/v1/mail/deliveries/{mail_id}/send-again", "mail.sent")
    walk.go("DELETE /api/v1/mail/holds/{hold_id}", "mail.changed")
    walk.go("POST /api/v1/mail/welcome", "mail.sent", json={"user_id": "u", **given})
    walk.go(f"DELETE {one}", "mail.changed")
