"""Schedules in and out."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from function_app.api.models.common import ONE_LINE, STORABLE, Failure, Given
from function_app.api.models.options import OptionsWanted
from function_app.api.models.reports import FiltersWanted
from function_app.api.paging import PageQuery
from shared.database.tables.schedule import RunState, RunTrigger
from shared.reports import ReportFormat, ReportType
from shared.scheduling import rules, timing, works
from shared.scheduling.cron import MAX_EXPRESSION_CHARS
from shared.scheduling.rules import MisfirePolicy, OverlapPolicy

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), ONE_LINE]
_Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), STORABLE]
_Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), ONE_LINE]


class CronWhen(Given):
    """Whenever a cron expression says so in the schedule's time zone."""

    kind: Literal["cron"]
    expression: Annotated[str, StringConstraints(min_length=1, max_length=MAX_EXPRESSION_CHARS), STORABLE] = Field(
        examples=["0 7 * * MON"],
        description="Minute, hour, day of month, month, day of week; names, ranges, steps, `L` and `#`. One that names a "
        "time of day runs once a day where clocks change; one with `*` for minute or hour keeps its rhythm.",
    )


class IntervalWhen(Given):
    """At an interval from `starts_at` on, by elapsed time."""

    kind: Literal["interval"]
    every_s: int = Field(ge=timing.MIN_INTERVAL_S, le=timing.MAX_INTERVAL_S, examples=[86400])


class OnceWhen(Given):
    """Once."""

    kind: Literal["once"]
    at: AwareDatetime


WhenWanted = Annotated[CronWhen | IntervalWhen | OnceWhen, Field(discriminator="kind")]


class LiveChoice(Given):
    """How live reports are fetched from Azure."""

    connection_id: UUID | None = Field(None, description="`null`: each client's own connection.")
    selection: dict[str, Any] | None = Field(
        None, description="Which subscriptions, as in a connection's `selection`; default: the connection's own."
    )
    filters: FiltersWanted = FiltersWanted()
    keep_put_aside: bool = False
    refresh_first: bool = False


class ReportWork(Given):
    """Reports of these types for these clients, each in these formats."""

    kind: Literal["report"]
    client_ids: list[UUID] = Field(default=[], max_length=works.MAX_CLIENTS)
    all_clients: bool = Field(default=False, description="Every client that is active when a run begins.")
    report_types: list[ReportType] = Field(default=[ReportType.DETAILED], min_length=1, max_length=16)
    formats: list[ReportFormat] = Field(default=[ReportFormat.PDF], min_length=1, max_length=16)
    title: _Title | None = None
    source: Literal["snapshot", "live"] = Field(
        "snapshot", description="`snapshot`: each client's newest one; `live`: fetched from Azure by the run."
    )
    live: LiveChoice | None = None
    options: OptionsWanted = Field(OptionsWanted(), description="What the reports shall say, as in an order.")


class CredentialCheckWork(Given):
    """A check of every stored credential."""

    kind: Literal["credential_check"]


class StatisticsWork(Given):
    """An update of what is kept of a connection's statistics."""

    kind: Literal["statistics_sync"]
    connection_id: UUID


class UpkeepWork(Given):
    """Removal of what served its time."""

    kind: Literal["upkeep"]
    dry_run: bool = Field(default=False, description="Count what would be removed, and remove nothing.")


class JobWork(Given):
    """Any job that can be asked for by name."""

    kind: Literal["job"]
    job_kind: Annotated[str, StringConstraints(min_length=1, max_length=100), STORABLE]
    arguments: dict[str, Any] = Field(default={}, description="As `GET /schedules/job-kinds` describes them.")


WorkWanted = Annotated[ReportWork | CredentialCheckWork | StatisticsWork | UpkeepWork | JobWork, Field(discriminator="kind")]


class _Rules(Given):
    misfire_policy: MisfirePolicy = Field(
        MisfirePolicy.RUN_ONCE,
        description="Of runs nobody started within the grace: `skip` them, `run_once` for all, or `run_all` up to the cap.",
    )
    misfire_cap: int = Field(10, ge=1, le=rules.MAX_CAUGHT_UP)
    misfire_grace_s: int = Field(300, ge=0, le=rules.MAX_GRACE_S)
    overlap_policy: OverlapPolicy = Field(
        OverlapPolicy.SKIP, description="Of a run whose predecessor goes on: `skip` it, `queue` it, or `allow` both."
    )
    expires_after_s: int | None = Field(
        None, ge=rules.MIN_EXPIRY_S, le=rules.MAX_EXPIRY_S, description="A run that did not begin by then never does."
    )
    jitter_s: int = Field(
        0, ge=0, le=rules.MAX_JITTER_S, description="Runs begin up to so many seconds late, to spread out."
    )


class NewSchedule(_Rules):
    """A schedule to be."""

    name: Name = Field(examples=["Monday reports"])
    description: _Description = ""
    enabled: bool = True
    when: WhenWanted
    time_zone: str = Field("UTC", max_length=100, examples=["Europe/Berlin"], description="IANA name.")
    starts_at: AwareDatetime | None = Field(None, description="No run before it; default: now.")
    ends_at: AwareDatetime | None = None
    work: WorkWanted


class ScheduleChange(_Rules):
    """What to change; fields left out stay as they are. The next run is planned anew."""

    name: Name = ""
    description: _Description = ""
    enabled: bool = True
    when: WhenWanted | None = None
    time_zone: str = Field("UTC", max_length=100)
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    work: WorkWanted | None = None


class PreviewWanted(Given):
    """A timing to try."""

    when: WhenWanted
    time_zone: str = Field("UTC", max_length=100, examples=["Europe/Berlin"])
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    after: AwareDatetime | None = Field(None, description="Run times after this moment; default: now.")


class DuplicateWanted(Given):
    """What the copy is called."""

    name: Name | None = Field(None, description="Default: `Copy of` and the name of the original.")


class UpcomingRun(BaseModel):
    """One run time to come."""

    at: datetime
    local: str = Field(examples=["2026-11-30T07:00:00+01:00"], description="In the schedule's time zone.")
    note: str | None = Field(description="What a change of clocks around it means for it.")


class Preview(BaseModel):
    """The next run times."""

    upcoming: list[UpcomingRun]


class ScheduleRun(BaseModel):
    """One run of a schedule, or one stretch of runs that never were."""

    id: UUID
    schedule_id: UUID
    trigger: RunTrigger
    planned_at: datetime
    last_planned_at: datetime | None = Field(description="Of a stretch of missed runs: the last.")
    occurrences: int = Field(description="How many planned times the row stands for.")
    state: RunState
    reason: Failure | None = Field(description="Why it was late, skipped or missed, or failed.")
    late_s: int
    job_id: UUID | None
    ordered_count: int = Field(description="Reports that it ordered.")
    failed_count: int
    details: dict[str, Any]
    created_at: datetime
    finished_at: datetime | None


class ScheduleRunPage(BaseModel):
    """One page of runs."""

    items: list[ScheduleRun]
    next_cursor: str | None


class ScheduleSummary(BaseModel):
    """A schedule as lists show it."""

    id: UUID
    name: str
    description: str
    enabled: bool
    status: Literal["active", "paused", "ended"]
    when: dict[str, Any]
    time_zone: str
    starts_at: datetime
    ends_at: datetime | None
    work: dict[str, Any]
    misfire_policy: MisfirePolicy
    misfire_cap: int
    misfire_grace_s: int
    overlap_policy: OverlapPolicy
    expires_after_s: int | None
    jitter_s: int
    next_run_at: datetime | None
    last_run: ScheduleRun | None
    problems: list[Failure] = Field(description="What it refers to and is gone: clients, a connection, a job.")
    version: int
    created_at: datetime
    updated_at: datetime


class Schedule(ScheduleSummary):
    """A schedule with its next run times."""

    upcoming: list[UpcomingRun] = Field(description="The next ten; of a paused schedule those that it would have.")


class SchedulePage(BaseModel):
    """One page of schedules."""

    items: list[ScheduleSummary]
    next_cursor: str | None


class ScheduleChangeKept(BaseModel):
    """One change of a schedule."""

    id: UUID
    action: Literal["created", "changed", "paused", "resumed", "duplicated", "run_now", "deleted"]
    actor_key_id: UUID | None
    actor_name: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    created_at: datetime


class ScheduleChangePage(BaseModel):
    """One page of changes."""

    items: list[ScheduleChangeKept]
    next_cursor: str | None


class JobKindOffered(BaseModel):
    """A job that can be scheduled."""

    name: str
    arguments: dict[str, Any] = Field(description="JSON Schema of what it takes.")


class JobKindsOffered(BaseModel):
    """All jobs that can be scheduled."""

    items: list[JobKindOffered]


class SchedulesWanted(PageQuery):
    """Which schedules, in which order."""

    status: Literal["active", "paused", "ended"] | None = None
    work_kind: Literal["report", "credential_check", "statistics_sync", "upkeep", "job"] | None = None
    client_id: UUID | None = Field(None, description="Schedules that name this client.")
    sort: Literal["name", "-name", "next_run_at", "-created_at", "created_at"] = "name"


class RunsWanted(PageQuery):
    """Which runs of a schedule; the newest come first."""

    state: list[RunState] = Field([], max_length=10, description="May be repeated.")
    sort: Literal["-created_at"] = "-created_at"


class ChangesWanted(PageQuery):
    """The changes of a schedule; the newest come first."""

    sort: Literal["-created_at"] = "-created_at"
