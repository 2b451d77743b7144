"""What customers store to be watched, taken through every path: accepted, refused, tried where nobody is, changed, gone."""

from typing import Any

import httpx

from tests.integration.jobs.waiting import until
from tests.integration.telemetry.canaries import Search

_PATH = "/api/v1/credentials"


def use_credentials(api: httpx.Client, search: Search, planted: dict[str, str]) -> list[str]:
    """Send the planted secrets, look at every answer, and return what the checks found."""
    token, password = planted["STRANGERS_SIGNATURE"], planted["STRANGERS_PASSWORD"]
    # Nobody has this name, so nothing is sent anywhere.
    bearer = {
        "name": "Bearer",
        "provider": "http",
        "credential_type": "bearer",
        "configuration": {"url": "https://nowhere.invalid/me"},
        "secret": {"token": token},
    }
    basic = {
        **bearer,
        "name": "Basic",
        "credential_type": "basic",
        "secret": {"username": "ada", "password": password},
    }
    key = {"Idempotency-Key": "credential"}
    stored = _sent(search, api.post(_PATH, json=bearer, headers=key), 201)
    _sent(search, api.post(_PATH, json=bearer, headers=key), 201)
    _sent(search, api.post(_PATH, json=bearer), 409)
    _sent(search, api.post(_PATH, json={**bearer, "secret": {"tokens": token}}), 400)
    _sent(search, api.post(_PATH, json={**bearer, "secret": token}), 422)
    _sent(search, api.post(_PATH, json={**bearer, "secret": {"token": f"{token} {token}"}}), 400)
    _sent(search, api.post(_PATH, json={**basic, "provider": token}), 400)
    other = _sent(search, api.post(_PATH, json=basic), 201)
    found = [_checked(api, search, each["id"]) for each in (stored, other)]
    path = f"{_PATH}/{other['id']}"
    change = {"secret": {"username": "ada", "password": planted["STRANGERS_KEY"]}}
    _sent(search, api.patch(path, json=change, headers={"If-Match": "*"}), 200)
    for listed in (_PATH, "/api/v1/credential-health", f"/api/v1/credential-health/{stored['id']}/checks"):
        search.look("answer: credentials", api.get(listed).content)
    assert api.delete(path).status_code == 204
    return found


def _checked(api: httpx.Client, search: Search, credential_id: str) -> str:
    job = _sent(search, api.post(f"/api/v1/credential-health/{credential_id}/checks"), 202)["job"]["id"]

    def ended() -> dict[str, Any] | None:
        answer = api.get(f"/api/v1/jobs/{job}")
        search.look("answer: job", answer.content)
        result: dict[str, Any] | None = answer.json()["result"]
        return result

    return str(until(ended, "the check of the credential to end")["checks"][0]["state"])


def _sent(search: Search, answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    search.look(f"answer: {status}", str(answer.headers).encode() + answer.content)
    body: dict[str, Any] = answer.json()
    return body
