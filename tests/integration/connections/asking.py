"""Asking the API for connections."""

from typing import Any
from uuid import UUID

import httpx

from shared.jobs import execution
from shared.services import Services
from worker.jobs.test_azure_connection import test_azure_connection as perform

PATH = "/api/v1/connections"
SECRET = "Q~correct-horse-battery-staple-0123456789"


def made(api: httpx.Client, body: dict[str, Any]) -> dict[str, Any]:
    """Make a connection and return it."""
    answer = api.post(PATH, json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def after_test(api: httpx.Client, services: Services, tenant: UUID, connection_id: str) -> dict[str, Any]:
    """Ask for a test, do it, and return the job."""
    asked = api.post(f"{PATH}/{connection_id}/test")
    assert asked.status_code == 202, asked.text
    job_id = UUID(asked.json()["job"]["id"])
    execution.execute(services, perform, tenant_id=tenant, job_id=job_id, worker="test")
    answer = api.get(asked.headers["Location"])
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
