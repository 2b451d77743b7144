"""``/schemas``: what the files of reports hold, for those who read them with programs."""

from typing import Any

from fastapi import APIRouter, Response

from shared.report_json.schema import SCHEMA_PATH, written_schema

router = APIRouter(tags=["Schemas"])

# It changes with the release only; the same for everybody, so nobody has to name themselves.
_KEPT = {"Cache-Control": "public, max-age=3600"}
_SCHEMA: dict[str, Any] = {
    "description": "JSON Schema 2020-12.",
    "content": {"application/schema+json": {"schema": {"type": "object"}}},
}


@router.get(SCHEMA_PATH.removeprefix("/api/v1"), response_class=Response, responses={200: _SCHEMA})
async def get_report_schema() -> Response:
    """Get the JSON Schema of the JSON file of a report; no key is needed."""
    return Response(written_schema(), media_type="application/schema+json", headers=_KEPT)
