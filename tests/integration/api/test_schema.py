"""The schema: served offline, and true of what the API answers."""

import contextlib
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import hypothesis
import pytest
import requests
import schemathesis
import uvicorn
from httpx import Client
from hypothesis import HealthCheck
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.errors import InvalidSchema
from schemathesis.core.result import Err, Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from infra.local import ports
from shared.services import Services
from tests.integration.api import results
from tests.integration.api.conftest import MakeKey
from tests.integration.api.results import savings
from tests.integration.api.serving import edge_over
from tests.integration.api.test_reports import order
from tests.integration.jobs.waiting import PATIENCE_S, until

Operation = schemathesis.APIOperation[Any, Any, Any, Any]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Mails are handed over as they are.
schemathesis.serializer.alias("message/rfc822", "application/octet-stream")
# Headers of the connection: the server below the API refuses what is wrong with them, in its own words.
_OF_THE_CONNECTION = ("Connection", "Content-Length", "Expect", "Transfer-Encoding", "Upgrade")
# Of an operation, in either mode: there are many, and each example is a request, costlier than those of other properties.
_EXAMPLES = hypothesis.settings().max_examples // 12


@pytest.fixture(scope="module")
def address(services: Services) -> Iterator[str]:
    """The API on a real port."""
    port = ports.choose()
    server = uvicorn.Server(uvicorn.Config(edge_over(services), host=ports.HOST, port=port, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started, "the API to listen")
    yield f"http://{ports.HOST}:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def api_schema(address: str) -> schemathesis.BaseSchema:
    # The first to ask waits until the document is made, which takes its time on a busy machine.
    return schemathesis.openapi.from_url(f"{address}/api/openapi.json", timeout=PATIENCE_S)


@pytest.fixture
def session(tenant: UUID, make_key: MakeKey) -> Iterator[requests.Session]:
    """A caller who may do everything in a tenant of its own."""
    with requests.Session() as session:
        session.trust_env = False  # or it looks for proxies with every request
        session.headers["Authorization"] = f"Bearer {make_key(tenant)}"
        yield session


@pytest.fixture
def known(api: Client, client_id: str, services: Services, tenant: UUID) -> dict[str, str]:
    """Ids of rows that are there, by the names of path parameters."""
    ordered = order(api, client_id)
    report_id = ordered["report"]["id"]
    with services.database.tenant(tenant) as session:
        rows = [savings("5332.10", updated_at=datetime.now(UTC), extras={"a": "b"}), savings(None)]
        results.import_into(session, tenant, UUID(report_id), rows, rejected=2)
    results.finish(services, tenant, UUID(report_id), b"%PDF")
    upload = api.post("/api/v1/uploads", json={"file_name": "a.csv"}).json()
    work = {"kind": "report", "client_ids": [client_id]}
    when = {"kind": "interval", "every_s": 3600}
    schedule = api.post("/api/v1/schedules", json={"name": "Hourly", "when": when, "work": work}).json()
    return {
        "schedule_id": schedule["id"],
        "client_id": client_id,
        "report_id": report_id,
        "job_id": ordered["job"]["id"],
        "upload_id": upload["id"],
    }


@pytest.mark.long
@pytest.mark.unmeasured
@pytest.mark.parametrize("mode", GenerationMode)
def test_answers_to_anything_are_as_the_schema_says(
    api_schema: schemathesis.BaseSchema, session: requests.Session, known: dict[str, str], mode: GenerationMode
) -> None:
    examined = [_examine(_sound(found), session, mode, known) for found in api_schema.get_all_operations()]
    assert len(examined) > 20
    assert sum(examined) > 100


def _sound(found: Ok[Operation] | Err[InvalidSchema]) -> Operation:
    assert isinstance(found, Ok), found
    return found.ok()


def _examine(operation: Operation, session: requests.Session, mode: GenerationMode, known: dict[str, str]) -> int:
    """Ask one operation many things, valid or not, every other time of rows that are there; return how many."""
    asked = 0

    @hypothesis.settings(max_examples=_EXAMPLES, suppress_health_check=list(HealthCheck))
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def examine(case: schemathesis.Case[Operation]) -> None:
        nonlocal asked
        asked += 1
        if asked % 2 and operation.method != "delete":
            case.path_parameters = {
                **case.path_parameters,
                **{name: known[name] for name in case.path_parameters if name in known},
            }
        for name in _OF_THE_CONNECTION:
            case.headers.pop(name, None)
        case.call_and_validate(session=session, checks=CHECKS, allow_redirects=False)

    # Of an operation without parameters nothing can be wrong.
    with contextlib.suppress(Unsatisfiable):
        examine()
    return asked


# What anybody may ask, and what is signed or has a key of its own.
WITHOUT_KEY = (
    *("get_live", "get_read", "get_report_schema"),
    *("show_unsubscribe_page", "unsubscribe", "follow_file_link", "allow_delivery_reports", "take_delivery_reports"),
    "take_bounce",
)


def test_schema_is_openapi_3_1_with_the_key_and_errors_described(anonymous: Client) -> None:
    document = anonymous.get("/api/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        assert operation["description"], operation["operationId"]
        if not operation["operationId"].startswith(WITHOUT_KEY):
            assert operation["security"] == [{"apiKey": []}], operation["operationId"]
            problem = operation["responses"]["401"]["content"]["application/problem+json"]["schema"]
            assert problem == {"$ref": "#/components/schemas/Problem"}


def test_documentation_page_needs_nothing_from_elsewhere(anonymous: Client) -> None:
    page = anonymous.get("/api/docs")
    assert page.headers["Content-Type"].startswith("text/html")
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "http" not in policy
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert links
    for link in links:
        assert link.startswith("/api/")
        assert anonymous.get(link).status_code == 200
    assert "<script>" not in page.text
    assert anonymous.get("/api/docs/../../../etc/passwd").status_code == 404
