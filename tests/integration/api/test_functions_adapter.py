"""The same application through the adapter of Azure Functions, with the SDK's own request and response types."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import azure.functions
import httpx
import pytest

from shared.services import Services
from tests.integration.api import results
from tests.integration.api.conftest import EXPORT, MakeKey
from tests.integration.api.serving import edge_over

Invoke = Callable[..., azure.functions.HttpResponse]
TRACE_ID = "c" * 32


@pytest.fixture
def invoke(services: Services, tenant: UUID, make_key: MakeKey) -> Invoke:
    """Invokes the function ``http`` as the host's worker does."""
    middleware: Any = azure.functions.AsgiMiddleware(edge_over(services))  # type: ignore[no-untyped-call]
    context = SimpleNamespace(
        function_directory="/home/site",
        function_name="http",
        invocation_id="1",
        thread_local_storage=None,
        trace_context=SimpleNamespace(trace_parent=f"00-{TRACE_ID}-{'d' * 16}-01"),
        retry_context=None,
    )
    key = make_key(tenant)

    def send(method: str, path: str, **content: object) -> azure.functions.HttpResponse:
        built = httpx.Request(method, f"https://advisor.example{path}", **content)  # type: ignore[arg-type]
        headers = {name.title(): value for name, value in built.headers.items()}
        request = azure.functions.HttpRequest(
            method=method,
            url=str(built.url),
            headers={**headers, "Authorization": f"Bearer {key}", "X-Forwarded-For": "203.0.113.7:5123"},
            body=built.read(),
        )
        answer: azure.functions.HttpResponse = asyncio.run(middleware.handle_async(request, context))
        return answer

    return send


def body_of(answer: azure.functions.HttpResponse) -> dict[str, dict[str, str]]:
    return dict(httpx.Response(200, content=answer.get_body()).json())


def test_order_to_download_through_the_adapter(invoke: Invoke, services: Services, tenant: UUID) -> None:
    client = body_of(invoke("POST", "/api/v1/clients", json={"name": "Contoso"}))
    ordered = invoke("POST", "/api/v1/reports", data={"client_id": client["id"]}, files={"file": ("a.csv", EXPORT)})
    assert ordered.status_code == 202
    assert ordered.headers["location"].startswith("/api/v1/jobs/")
    assert ordered.headers["x-correlation-id"]
    accepted = body_of(ordered)
    assert accepted["job"]["trace_id"] == TRACE_ID
    report_id = accepted["report"]["id"]
    results.finish(services, tenant, UUID(report_id), b"%PDF")
    download = invoke("GET", f"/api/v1/reports/{report_id}/files/pdf/download")
    assert download.status_code == 302
    assert download.headers["location"].startswith(services.settings.storage_account_url)


def test_errors_are_answers_not_failed_invocations(invoke: Invoke) -> None:
    missing = invoke("GET", "/nothing/here")
    assert (missing.status_code, missing.mimetype) == (404, "application/problem+json")
    assert invoke("GET", "/api/v1/reports?limit=x").status_code == 422


def test_names_in_addresses_arrive_decoded_once(invoke: Invoke) -> None:
    invoke("POST", "/api/v1/clients", json={"name": "50% Ünï"})
    found = body_of(invoke("GET", "/api/v1/clients", params={"search": "50% Ü"}))
    assert [item["name"] for item in found["items"]] == ["50% Ünï"]  # type: ignore[index]
