"""The FastAPI application of the API."""

from functools import cache
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from function_app.api import failures
from function_app.api.callers import Front
from function_app.api.models.common import Problem
from function_app.api.models.reports import (
    ReportFromAzure,
    ReportFromFiles,
    ReportFromSnapshot,
    ReportFromUploads,
)
from function_app.api.probes import probes_of
from function_app.api.routers import (
    admin,
    audit,
    branding,
    client_branding,
    clients,
    comparisons,
    connections,
    credential_health,
    credentials,
    documentation,
    health,
    jobs,
    lists,
    mail,
    mail_bounces,
    mail_links,
    mail_reports,
    marks,
    report_contents,
    reports,
    schedules,
    schemas,
    statistics,
    upkeep,
    uploads,
    webhooks,
)
from shared.services import Services

VERSION = "1.0.0"
"""Of the API: its first number is the one in the paths."""

_DESCRIPTION = """
Turns exports of Azure Advisor recommendations into reports as PDF, HTML, Excel, CSV and JSON, or as a ZIP of all of them.

1. Create a client (`POST /api/v1/clients`).
2. Order a report from an export, or from what Azure says now (`POST /api/v1/reports`): the answer is 202 with a job.
3. Poll the job (`GET /api/v1/jobs/{job_id}`) until it has ended, and the report until its status is `completed`.
4. Download the files (`GET /api/v1/reports/{report_id}/files/{format}/download`).

Errors are problem documents (RFC 9457). Lists are read page by page with `cursor`.
"""


def create_application(services: Services) -> FastAPI:
    """Return the application over ``services``; connects to nothing yet."""
    api = FastAPI(
        title="Azure Advisor Reports",
        version=VERSION,
        description=_DESCRIPTION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
        redirect_slashes=False,
        # Spans and metrics of requests where an exporter is set, nothing else; errors are for the log.
        telemetry={"logs": False, "operation_spans": False, "auto_configure": False},
    )
    front = Front(services)
    api.state.front = front
    api.state.probes = probes_of(front)
    failures.register(api)
    # Routes are tried in this order: those that are asked for most come first.
    for noun in (
        lists,
        reports,
        jobs,
        clients,
        connections,
        credentials,
        credential_health,
        statistics,
        uploads,
        report_contents,
        comparisons,
        marks,
        branding,
        client_branding,
        schedules,
        audit,
        upkeep,
        webhooks,
        mail,
        mail_bounces,
        mail_links,
        mail_reports,
        health,
        admin,
        schemas,
    ):
        api.include_router(noun.router, prefix="/api/v1")
    # Platforms look for health where no version can move it.
    api.include_router(health.router, include_in_schema=False)
    api.include_router(documentation.router)
    _add_schema(api)
    return api


def _operation_id(route: APIRoute) -> str:
    return route.name


def _add_schema(api: FastAPI) -> None:
    generate = api.openapi

    @cache
    def schema() -> dict[str, Any]:
        document = generate()
        # Models that routes speak of without FastAPI's knowing: errors, and the body that is read by hand.
        _, extra = models_json_schema(
            [
                (model, "validation")
                for model in (Problem, ReportFromUploads, ReportFromAzure, ReportFromSnapshot, ReportFromFiles)
            ],
            ref_template="#/components/schemas/{model}",
        )
        for name, definition in extra.get("$defs", {}).items():
            document["components"]["schemas"].setdefault(name, definition)
        return document

    @cache
    def written() -> bytes:
        return orjson.dumps(schema())

    def get_schema(_request: Request) -> Response:
        return Response(written(), media_type="application/json", headers={"Cache-Control": "public, max-age=300"})

    api.openapi = schema  # type: ignore[method-assign]
    api.add_route("/api/openapi.json", get_schema, include_in_schema=False)
