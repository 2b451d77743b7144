"""A schedule as people define it: checked as a whole, whatever part of it they change."""

from datetime import UTC, datetime
from itertools import islice, pairwise
from typing import Annotated, Any

import msgspec

from shared.database.tables import Schedule
from shared.scheduling import timing, works
from shared.scheduling.reading import rules_of, when_of
from shared.scheduling.rules import Rules
from shared.scheduling.timing import Timing, TimingError, When
from shared.scheduling.works import ReportWork, Work

_COMPARED_RUNS = 10


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about a schedule that people decide."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    description: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    enabled: bool = True
    when: When
    time_zone: str = "UTC"
    starts_at: datetime
    ends_at: datetime | None = None
    work: Work
    rules: Rules = Rules()

    @property
    def timing(self) -> Timing:
        """All its run times."""
        return Timing(when=self.when, zone_name=self.time_zone, starts_at=self.starts_at, ends_at=self.ends_at)


def definition_of(schedule: Schedule) -> Definition:
    """Return what a row says."""
    return Definition(
        name=schedule.name,
        description=schedule.description,
        enabled=schedule.enabled,
        when=when_of(schedule),
        time_zone=schedule.time_zone,
        starts_at=schedule.starts_at,
        ends_at=schedule.ends_at,
        work=works.work_of(schedule.work),
        rules=rules_of(schedule),
    )


def columns_of(definition: Definition) -> dict[str, Any]:
    """Return the columns that keep a definition."""
    work = definition.work
    return {
        "name": definition.name,
        "description": definition.description,
        "enabled": definition.enabled,
        "timing": msgspec.to_builtins(definition.when),
        "time_zone": definition.time_zone,
        "starts_at": definition.starts_at,
        "ends_at": definition.ends_at,
        "work": works.stored_work(work),
        "work_kind": works.stored_work(work)["kind"],
        "client_ids": list(work.client_ids) if isinstance(work, ReportWork) else [],
        "connection_id": works.connection_of(work),
        "rules": msgspec.to_builtins(definition.rules),
    }


def checked(definition: Definition, *, now: datetime | None = None) -> Definition:
    """Return the definition, tidied; whether clients and connections exist is another matter.

    Raises what :func:`shared.scheduling.timing.checked` and :func:`shared.scheduling.works.check` raise, and
    :class:`~shared.scheduling.timing.TimingError` where no run time is left or runs would change places.
    """
    moment = now or datetime.now(UTC)
    tidy = timing.checked(definition.timing)
    ahead = list(islice(tidy.walk(moment), _COMPARED_RUNS))
    if definition.enabled and not ahead:
        raise TimingError(
            "The schedule has no run time left.", next_step="Choose a later time or a later end, or create it paused."
        )
    shortest_s = min(((later - earlier).total_seconds() for earlier, later in pairwise(ahead)), default=None)
    if shortest_s is not None and definition.rules.jitter_s >= shortest_s:
        raise TimingError(
            f"The jitter of {definition.rules.jitter_s} s is not shorter than the {shortest_s:.0f} s between two runs.",
            next_step="Choose less jitter, so that runs keep their order.",
        )
    return msgspec.structs.replace(definition, when=tidy.when, work=works.check(definition.work))
