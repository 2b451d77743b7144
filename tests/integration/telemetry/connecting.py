"""What customers send to sign in with, taken through every path of connections: accepted, refused, tested, changed, gone."""

from typing import Any

import httpx
import trustme

from tests.integration.jobs.waiting import until
from tests.integration.telemetry.canaries import Search
from tests.simulators.cloud import Cloud
from tests.simulators.tokens import DIRECTORY_ID

_PATH = "/api/v1/connections"


def use_connections(api: httpx.Client, search: Search, cloud: Cloud, planted: dict[str, str]) -> list[str]:
    """Send the planted secrets and look at every answer; return what the tests of the connections found."""
    good, wrong = planted["STRANGERS_CLIENT_SECRET"], planted["STRANGERS_PASSWORD"]
    cloud.entra.secret = good
    application = {"directory_id": DIRECTORY_ID, "application_id": cloud.entra.client_id}
    by_secret = {"name": "By secret", "kind": "service_principal_secret", **application}
    key = {"Idempotency-Key": "connection"}
    connection = _sent(search, api.post(_PATH, json={**by_secret, "secret": good}, headers=key), 201)
    _sent(search, api.post(_PATH, json={**by_secret, "secret": good}, headers=key), 201)
    _sent(search, api.post(_PATH, json={**by_secret, "secret": good}), 409)
    _sent(search, api.post(_PATH, json={**by_secret, "secret": good, "secrets": wrong}), 422)
    _sent(search, api.post(_PATH, json={**by_secret, "secret": {"value": good}}), 422)
    _sent(search, api.post(_PATH, json={**by_secret, "kind": "workload_identity", "secret": good}), 422)
    _sent(search, api.post(_PATH, json={**by_secret, "name": "Off", "secret": good, "selection": {"mode": "tag"}}), 400)
    path = f"{_PATH}/{connection['id']}"
    found = [_tested(api, search, path)]
    _sent(search, api.patch(path, json={"secret": wrong}, headers={"If-Match": '"1"'}), 200)
    found.append(_tested(api, search, path))
    cloud.entra.refuse_with = 7000222
    found.append(_tested(api, search, path))
    cloud.entra.refuse_with = None

    pem = trustme.CA().issue_cert("app.example.com", key_type=trustme.KeyType.RSA).private_key_and_cert_chain_pem.bytes()
    by_certificate = {"name": "By certificate", "kind": "service_principal_certificate", **application}
    damaged = {**by_certificate, "certificate": pem.decode()[:-900], "certificate_password": wrong}
    _sent(search, api.post(_PATH, json=damaged), 400)
    certified = _sent(search, api.post(_PATH, json={**by_certificate, "certificate": pem.decode()}), 201)
    found.append(_tested(api, search, f"{_PATH}/{certified['id']}"))
    search.look("answer: connections", api.get(_PATH).content)
    search.look("answer: jobs", api.get("/api/v1/jobs", params={"kind": "test_azure_connection"}).content)
    assert api.delete(path).status_code == 204
    return found


def _tested(api: httpx.Client, search: Search, path: str) -> str:
    job = _sent(search, api.post(f"{path}/test"), 202)["job"]["id"]

    def ended() -> dict[str, Any] | None:
        answer = api.get(f"/api/v1/jobs/{job}")
        search.look("answer: job", answer.content)
        result: dict[str, Any] | None = answer.json()["result"]
        return result

    result = until(ended, "the test of the connection to end")
    return str(result["error_code"])


def _sent(search: Search, answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    search.look(f"answer: {status}", str(answer.headers).encode() + answer.content)
    body: dict[str, Any] = answer.json()
    return body
