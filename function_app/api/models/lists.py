"""What lists can be asked for: filters and orders."""

from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from function_app.api.models.common import SearchText
from function_app.api.paging import PageQuery
from shared.advisor.vocabulary import Category, Impact
from shared.database.tables.azure_connection import ConnectionKind, ConnectionStatus
from shared.database.tables.job import JobState
from shared.database.tables.report import ReportState
from shared.reporting.clients import ClientStatus
from shared.reports import ReportType


class ClientsWanted(PageQuery):
    """Which clients, in which order."""

    search: SearchText | None = Field(None, description="Part of the name or the reference.")
    status: ClientStatus | None = None
    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"


class ConnectionsWanted(PageQuery):
    """Which connections, in which order."""

    search: SearchText | None = Field(None, description="Part of the name.")
    client_id: UUID | None = None
    kind: ConnectionKind | None = None
    status: ConnectionStatus | None = None
    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"


class SubscriptionsWanted(PageQuery):
    """Which subscriptions of a connection, in which order."""

    search: SearchText | None = Field(None, description="Part of the name or the id.")
    state: SearchText | None = Field(None, examples=["Enabled"])
    management_group: SearchText | None = Field(None, description="Id of a group; everything below it.")
    tag: SearchText | None = Field(None, description="Name of a tag.")
    tag_value: SearchText | None = Field(None, description="Its value; without: any.")
    sort: Literal["name", "-name"] = "name"


class ReportsWanted(PageQuery):
    """Which reports, in which order."""

    client_id: UUID | None = None
    report_type: ReportType | None = None
    source: Literal["upload", "live", "snapshot"] | None = None
    status: list[ReportState] = Field([], max_length=10, description="May be repeated.")
    created_after: AwareDatetime | None = None
    created_before: AwareDatetime | None = None
    sort: Literal["-created_at", "created_at", "title", "-title", "updated_at", "-updated_at"] = "-created_at"


class JobsWanted(PageQuery):
    """Which jobs, in which order."""

    state: list[JobState] = Field([], max_length=10, description="May be repeated.")
    kind: SearchText | None = Field(None, examples=["process_csv_file"])
    report_id: UUID | None = None
    sort: Literal["-created_at", "created_at"] = "-created_at"


class RecommendationsWanted(PageQuery):
    """Which recommendations of a report, in which order."""

    category: list[Category] = Field([], max_length=10, description="May be repeated.")
    impact: list[Impact] = Field([], max_length=10, description="May be repeated.")
    subscription: SearchText | None = Field(None, description="Id or name.")
    resource_group: SearchText | None = None
    min_savings: Decimal | None = Field(
        None,
        ge=0,
        max_digits=20,
        decimal_places=6,
        allow_inf_nan=False,
        description="Least annual savings, each in its own currency.",
    )
    text: SearchText | None = Field(None, description="Part of problem, solution, benefits or resource name.")
    sort: Literal["source", "-annual_savings", "resource"] = Field(
        "source", description="`source` is the order of the export."
    )


class RejectedRowsWanted(PageQuery):
    """Which rejected rows of a report, in the order of its source."""

    reason_code: SearchText | None = Field(None, examples=["amount_ambiguous"])
