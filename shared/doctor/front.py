"""The leg to the HTTP API, as its callers reach it."""

from shared.doctor import web
from shared.errors import AdvisorReportsError

_TIMEOUT_S = 9.0


class FrontUnwellError(AdvisorReportsError):
    """The HTTP API answers, yet not as it should."""

    code = "front_unwell"


def ask_readiness(api_url: str) -> str:
    """Ask the API whether it serves requests."""
    answer = web.get(f"{api_url.rstrip('/')}/health/ready", timeout_s=_TIMEOUT_S)
    body = answer.json()
    if not isinstance(body, dict) or "status" not in body:
        raise FrontUnwellError(
            f"At this address answers something else than the HTTP API (status {answer.status}).",
            next_step="Let API_URL be the address that /api/v1 is below.",
        )
    down = [str(check.get("name")) for check in body.get("checks", ()) if check.get("state") != "up"]
    if answer.status != 200:
        raise FrontUnwellError(
            f"The HTTP API serves no requests: {', '.join(down) or body['status']} down.",
            next_step="The API has its own network and identity: look at its log, and at the probes below.",
        )
    return f"{body['status']}, {', '.join(down)} down" if down else str(body["status"])
