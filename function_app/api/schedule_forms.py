"""Schedules as sent: from the models of the API to the domain's own values."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel

from function_app.api.models.schedules import (
    NewSchedule,
    PreviewWanted,
    ReportWork,
    ScheduleChange,
    WhenWanted,
    WorkWanted,
)
from shared.azure.filters import filter_of
from shared.connections.selection import selection_of
from shared.reports.options import stored_options
from shared.scheduling.definition import Definition
from shared.scheduling.rules import Rules
from shared.scheduling.timing import Timing, When
from shared.scheduling.works import Work

_RULES = Rules.__struct_fields__


def definition_of(given: NewSchedule) -> Definition:
    """Return a new schedule's definition; raises what selections and filters of live reports raise."""
    return Definition(
        name=given.name,
        description=given.description,
        enabled=given.enabled,
        when=_when(given.when),
        time_zone=given.time_zone,
        starts_at=given.starts_at or datetime.now(UTC),
        ends_at=given.ends_at,
        work=_work(given.work),
        rules=Rules(**{name: getattr(given, name) for name in _RULES}),
    )


def change_of(given: ScheduleChange) -> dict[str, Any]:
    """Return the fields of a definition that shall change, its rules among them; raises as :func:`definition_of` does."""
    wanted = {name: getattr(given, name) for name in given.model_fields_set}
    for name in ("when", "work", "starts_at"):
        if name in wanted and wanted[name] is None:
            raise RequestValidationError([{"loc": ("body", name), "type": "null", "msg": "Must not be null."}])
    wanted["rules"] = {name: wanted.pop(name) for name in _RULES if name in wanted}
    if "when" in wanted:
        wanted["when"] = _when(wanted["when"])
    if "work" in wanted:
        wanted["work"] = _work(wanted["work"])
    return wanted


def timing_of(given: PreviewWanted) -> Timing:
    """Return the timing to try."""
    starts_at = given.starts_at or given.after or datetime.now(UTC)
    return Timing(when=_when(given.when), zone_name=given.time_zone, starts_at=starts_at, ends_at=given.ends_at)


def _when(given: WhenWanted) -> When:
    when: When = msgspec.convert(_json(given), When)
    return when


def _work(given: WorkWanted) -> Work:
    plain = _json(given)
    if isinstance(given, ReportWork):
        plain["options"] = stored_options(given.options.options())
    if isinstance(given, ReportWork) and given.live is not None:
        # Told in their own words, where a conversion as a whole would only say that something does not fit.
        if given.live.selection is not None:
            selection_of(given.live.selection)
        plain["live"]["filters"] = filter_of(given.live.filters.model_dump(mode="json", exclude_defaults=True)).stored()
    try:
        work: Work = msgspec.convert(plain, Work)
    except msgspec.ValidationError as error:
        raise RequestValidationError([{"loc": ("body", "work"), "type": "invalid", "msg": str(error)}]) from error
    return work


def _json(given: BaseModel) -> dict[str, Any]:
    return given.model_dump(mode="json")
