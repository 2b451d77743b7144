"""The JSON Schema of the JSON file of a report, made from its types."""

from functools import cache
from typing import Any

import msgspec

from shared.report_json.model import SCHEMA_VERSION, JsonReport

SCHEMA_PATH = f"/api/v1/schemas/report-{SCHEMA_VERSION.partition('.')[0]}.json"
"""Where the API serves it: one address for each major version."""


@cache
def report_schema() -> dict[str, Any]:
    """Return the schema (JSON Schema 2020-12)."""
    (reference,), definitions = msgspec.json.schema_components([JsonReport], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Azure Advisor report, version {SCHEMA_VERSION}",
        **reference,
        "$defs": definitions,
    }


def written_schema() -> bytes:
    """Return the schema as it is served and documented: indented, with a line end."""
    return msgspec.json.format(msgspec.json.encode(report_schema()), indent=2) + b"\n"
