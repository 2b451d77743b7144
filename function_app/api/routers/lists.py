"""The lists that callers poll: clients, connections, reports, jobs, page by page."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from function_app.api.dependencies import ClientReader, ConnectionReader, ReportReader
from function_app.api.models.clients import ClientPage
from function_app.api.models.common import ALWAYS, failures
from function_app.api.models.connections import ConnectionPage
from function_app.api.models.jobs import JobPage
from function_app.api.models.lists import ClientsWanted, ConnectionsWanted, JobsWanted, ReportsWanted
from function_app.api.models.reports import ReportPage
from function_app.api.paging import Paging
from function_app.api.read_routes import ReadRoute
from shared.connections import connections
from shared.reporting import clients, job_lists, report_lists
from shared.reporting.report_lists import Filter

router = APIRouter(route_class=ReadRoute)


@router.get("/reports", tags=["Reports"], responses={200: {"model": ReportPage}, **failures(*ALWAYS)})
async def list_reports(caller: ReportReader, wanted: Annotated[ReportsWanted, Query()]) -> Response:
    """List reports, page by page."""
    page = Paging("reports", report_lists.ORDERS, wanted.sort, wanted)
    wanted_reports = Filter(
        client_id=wanted.client_id,
        report_type=wanted.report_type,
        source=wanted.source,
        statuses=tuple(wanted.status),
        created_after=wanted.created_after,
        created_before=wanted.created_before,
    )
    return await page.answer_soon(caller, report_lists.listing(wanted_reports, place=page.place))


@router.get("/jobs", tags=["Jobs"], responses={200: {"model": JobPage}, **failures(*ALWAYS)})
async def list_jobs(caller: ReportReader, wanted: Annotated[JobsWanted, Query()]) -> Response:
    """List jobs, page by page."""
    page = Paging("jobs", job_lists.ORDERS, wanted.sort, wanted)
    query = job_lists.listing(
        states=tuple(wanted.state),
        kind=wanted.kind,
        report_id=wanted.report_id,
        place=page.place,
    )
    return await page.answer_soon(caller, query)


@router.get("/clients", tags=["Clients"], responses={200: {"model": ClientPage}, **failures(*ALWAYS)})
async def list_clients(caller: ClientReader, wanted: Annotated[ClientsWanted, Query()]) -> Response:
    """List clients, page by page."""
    page = Paging("clients", clients.ORDERS, wanted.sort, wanted)
    query = clients.listing(search=wanted.search, status=wanted.status, place=page.place)
    return await page.answer_soon(caller, query)


@router.get("/connections", tags=["Connections"], responses={200: {"model": ConnectionPage}, **failures(*ALWAYS)})
async def list_connections(caller: ConnectionReader, wanted: Annotated[ConnectionsWanted, Query()]) -> Response:
    """List Azure connections, page by page."""
    page = Paging("connections", connections.ORDERS, wanted.sort, wanted)
    query = connections.listing(
        search=wanted.search,
        client_id=wanted.client_id,
        kind=wanted.kind,
        status=wanted.status,
        place=page.place,
    )
    return await page.answer_soon(caller, query)
