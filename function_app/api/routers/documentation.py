"""``/api/docs``: the schema as a page, from files of this machine alone."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

router = APIRouter(prefix="/api/docs", include_in_schema=False)

# fastapi-offline (MIT) carries Swagger UI 5, which reads OpenAPI 3.1; only its two files are used, nothing of it is run.
_PACKAGE = "fastapi_offline"
_SCRIPT, _STYLE, _START = "swagger-ui-bundle.js", "swagger-ui.css", "start.js"
_TYPES = {_SCRIPT: "text/javascript", _STYLE: "text/css", _START: "text/javascript"}

_PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Azure Advisor Reports API</title>
<link rel="stylesheet" href="/api/docs/{_STYLE}">
</head>
<body>
<div id="swagger-ui"><noscript>The schema itself: <a href="/api/openapi.json">/api/openapi.json</a></noscript></div>
<script src="/api/docs/{_SCRIPT}"></script>
<script src="/api/docs/{_START}"></script>
</body>
</html>
"""
_START_SCRIPT = """
SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: false,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
});
"""
# Swagger UI sets styles on elements and draws its icons from data: addresses; scripts come from here only.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_KEPT = "public, max-age=3600"


@router.get("")
async def show_page() -> Response:
    """Show the schema as a page."""
    return Response(_PAGE, media_type="text/html", headers={"Content-Security-Policy": _POLICY, "Cache-Control": _KEPT})


@router.get("/{name}")
def get_asset(name: str) -> Response:
    """Return a script or style sheet of the page."""
    if name not in _TYPES:
        raise HTTPException(404, "There is no such file.")
    return Response(_asset(name), media_type=_TYPES[name], headers={"Cache-Control": _KEPT})


@cache
def _asset(name: str) -> bytes:
    if name == _START:
        return _START_SCRIPT.encode()
    package = find_spec(_PACKAGE)
    if package is None or package.origin is None:
        raise HTTPException(404, "The documentation page is not installed; the schema is at /api/openapi.json.")
    return (Path(package.origin).parent / "static" / name).read_bytes()
