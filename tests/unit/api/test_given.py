"""What callers send is taken at its word: types are not bent, and names can be printed wherever they have to be."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from function_app.api.models.clients import NewClient
from function_app.api.models.options import OptionsWanted
from function_app.api.models.schedules import JobWork, PreviewWanted
from function_app.api.models.upkeep import OwnRules, UpkeepWanted
from function_app.api.models.webhooks import ReplayWanted
from function_app.api.paging import PageQuery

_WORK = {"kind": "job", "job_kind": "run_upkeep"}
_RATE = {"currency": "USD", "rate": 0.9}


@pytest.mark.parametrize(
    ("model", "given"),
    [
        (OwnRules, {"reports_days": True}),
        (OwnRules, {"audit_days_by_type": {"key.created": True}}),
        (UpkeepWanted, {"dry_run": 0}),
        (ReplayWanted, {"since": 0}),
        (ReplayWanted, {"since": -1.5}),
        (ReplayWanted, {"since": "1764000000"}),
        (PreviewWanted, {"when": {"kind": "once", "at": 1_790_000_000}}),
        (OptionsWanted, {"display": {"currency": "EUR", "as_of": 20_000, "rates": [_RATE]}}),
        (OptionsWanted, {"display": {"currency": "EUR", "as_of": "2026-11-22", "rates": [{**_RATE, "rate": True}]}}),
        (ReplayWanted, {"since": "9999-12-31T23:59:59-14:00"}),
        (ReplayWanted, {"since": "0001-01-01T00:00:00+14:00"}),
        (JobWork, {**_WORK, "arguments": {"a": "\ud800"}}),
        (JobWork, {**_WORK, "arguments": {"a": ["b\0"]}}),
        (JobWork, {**_WORK, "arguments": {"a": float("nan")}}),
        (JobWork, {**_WORK, "arguments": {"a": json.loads("[" * 300 + "]" * 300)}}),
        (NewClient, {"name": "Contoso\r\nBcc: all@contoso.example"}),
        (NewClient, {"name": "Con\u2028toso"}),
        (NewClient, {"name": "\u200b\u00ad"}),
        (NewClient, {"name": "Contoso\x07"}),
    ],
)
def test_what_only_looks_alike_is_refused(model: type[BaseModel], given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(given)
    (error,) = refused.value.errors()
    assert error["type"] in {"number_type", "moment_type", "bool_type", "moment_out_of_reach", "json_type", "value_error"}


@pytest.mark.parametrize(
    ("model", "given"),
    [
        (OwnRules, {"reports_days": 7, "audit_days": None}),
        (UpkeepWanted, {"dry_run": True}),
        (ReplayWanted, {"since": "2026-11-22T09:30:00Z"}),
        (OptionsWanted, {"display": {"currency": "EUR", "as_of": "2026-11-22", "rates": [_RATE]}}),
        (JobWork, {**_WORK, "arguments": {"dry_run": True, "deep": [[{"é": [None, 1.5]}]]}}),
        (PageQuery, {"limit": "7"}),
        (NewClient, {"name": "عيادة د. سليم 🏥"}),
    ],
)
def test_what_is_meant_so_is_taken(model: type[BaseModel], given: dict[str, Any]) -> None:
    model.model_validate(given)
