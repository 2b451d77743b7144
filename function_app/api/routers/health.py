"""``/health``: whether the process lives, and whether it can do its work."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import SQLAlchemyError

from function_app.api.answers import json_answer
from function_app.api.callers import Caller
from function_app.api.dependencies import KnownCaller
from function_app.api.models.common import failures
from function_app.api.models.health import Health, Liveness, Readiness, State
from function_app.api.probes import Finding, Probes
from shared.errors import AdvisorReportsError
from shared.identity.token_cache import TokenStatus

router = APIRouter(prefix="/health", tags=["Health"])


@router.get("/live", responses={200: {"model": Liveness}})
async def get_liveness() -> Response:
    """Answer as long as the process does; asks nobody else."""
    return json_answer({"status": "alive"})


@router.get(
    "/ready",
    responses={
        200: {"model": Health, "description": "Requests are served; `degraded`: work waits for the broker."},
        503: {"model": Health, "description": "Requests cannot be served."},
        **failures(401),
    },
)
async def get_readiness(request: Request, caller: KnownCaller) -> Response:
    """Ask database, schema, storage and broker, each with its own time limit. Details only for callers with an API key."""
    probes: Probes = request.app.state.probes
    findings = await probes.ask()
    knows = caller is not None and await run_in_threadpool(_is_known, caller)
    status = _readiness(findings)
    body: dict[str, Any] = {"status": status, "checks": [_shown(finding, detailed=knows) for finding in findings]}
    if knows:
        body["tokens"] = [_token(token) for token in request.app.state.front.services.credential.statuses()]
    unavailable = status == Readiness.UNAVAILABLE
    return json_answer(body, status_code=503 if unavailable else 200, headers={"Retry-After": "5"} if unavailable else None)


def _readiness(findings: list[Finding]) -> Readiness:
    down = [finding for finding in findings if not finding.is_up]
    if not down:
        return Readiness.READY
    return Readiness.UNAVAILABLE if any(finding.probe.is_needed for finding in down) else Readiness.DEGRADED


def _shown(finding: Finding, *, detailed: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": finding.probe.name, "state": State.UP if finding.is_up else State.DOWN}
    if detailed:
        shown |= {"duration_ms": round(finding.duration_s * 1000, 1), "detail": finding.detail or None}
    return shown


def _token(token: TokenStatus) -> dict[str, Any]:
    return {
        "scope": token.scope,
        "age_s": round(token.age_s, 1),
        "expires_in_s": round(token.expires_in_s, 1),
        "refreshes": token.refreshes,
        "refresh_failures": token.refresh_failures,
        "new_connections_succeed": token.new_connections_succeed,
    }


def _is_known(caller: Caller) -> bool:
    try:
        caller.verify()
    except (AdvisorReportsError, SQLAlchemyError):
        # Health answers whoever asks; without a database nobody can be recognised.
        return False
    return True
