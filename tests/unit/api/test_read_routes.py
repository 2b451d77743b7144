"""Routes that read lists take the very same requests as FastAPI's own, and refuse the same ones in the same words."""

from typing import Annotated, Any

import anyio
import httpx
import pytest
from fastapi import APIRouter, FastAPI, Query, Request, Response, Security

from function_app.api import failures
from function_app.api.models.lists import ReportsWanted
from function_app.api.read_routes import ReadRoute


async def _caller(request: Request) -> str:
    return request.headers.get("authorization", "nobody")


Caller = Annotated[str, Security(_caller)]
Wanted = Annotated[ReportsWanted, Query()]


async def _list(caller: Caller, wanted: Wanted) -> Response:
    return Response(f"{caller} {wanted.model_dump_json()}")


def _application() -> FastAPI:
    api = FastAPI(openapi_url=None)
    failures.register(api)
    for prefix, router in (("/lean", APIRouter(route_class=ReadRoute)), ("/plain", APIRouter())):
        router.get("/rows")(_list)
        api.include_router(router, prefix=prefix)
    return api


def _answers(query: str, **options: Any) -> list[tuple[int, str]]:
    """Return what both kinds of route answer, the path of the request taken out."""

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(_application(), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            method = options.pop("method", "GET")
            return [await client.request(method, f"/{kind}/rows{query}", **options) for kind in ("lean", "plain")]

    return [(answer.status_code, answer.text.replace("/lean/", "/plain/")) for answer in anyio.run(ask)]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 200),
        ("?limit=20&sort=title", 200),
        ("?status=failed&status=completed&limit=7", 200),
        ("?limit=5&limit=6", 200),
        ("?created_after=2026-11-01T00%3A00%3A00%2B01%3A00", 200),
        ("?source=", 422),
        ("?limit=0", 422),
        ("?limit=many&status=gone&sort=size", 422),
        ("?client_id=%00&cursor=" + "x" * 4001, 422),
        ("?misspelt=1", 422),
        ("?misspelt=1&misspelt=2", 422),
        ("?status=failed" * 1 + "&status=failed" * 11, 422),
        ("?title=%ff%fe", 422),
    ],
)
def test_both_kinds_of_route_answer_alike(query: str, status: int) -> None:
    lean, plain = _answers(query, headers={"authorization": "Bearer key"})
    assert lean == plain
    assert lean[0] == status


def test_both_kinds_of_route_refuse_another_method_alike() -> None:
    lean, plain = _answers("", method="DELETE")
    assert lean == plain
    assert lean[0] == 405


def test_a_route_that_takes_more_is_refused_as_it_is_declared() -> None:
    async def of_a_report(report_id: str, caller: Caller, wanted: Wanted) -> Response:
        return Response(f"{report_id} {caller} {wanted}")

    with pytest.raises(TypeError, match="report_id"):
        APIRouter(route_class=ReadRoute).get("/reports/{report_id}/rows")(of_a_report)


def test_a_route_that_would_block_the_event_loop_is_refused_as_it_is_declared() -> None:
    def blocking(caller: Caller, wanted: Wanted) -> Response:
        return Response(f"{caller} {wanted}")

    with pytest.raises(TypeError, match="coroutine"):
        APIRouter(route_class=ReadRoute).get("/rows")(blocking)
