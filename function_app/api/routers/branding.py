"""``/branding``: how a tenant's reports look."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from function_app.api import brandings
from function_app.api.dependencies import ClientReader, ClientWriter
from function_app.api.models.branding import Branding, BrandingWishes, LanguageTag, LogoKept
from function_app.api.models.common import ALWAYS, failures
from function_app.api.models.jobs import Job

router = APIRouter(tags=["Branding"])

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=100,
        description='ETag of the version the change is based on (`"0"` before the first), or `*`.',
    ),
]
InLanguage = Annotated[LanguageTag | None, Query(description="Where it is left out: the language of the branding.")]

READ: dict[int | str, dict[str, Any]] = {200: {"model": Branding}}
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The picture.", "content": {"image/png": {}, "image/svg+xml": {}}},
    304: {"description": "Unchanged since the `If-None-Match` given."},
}
PAGE: dict[int | str, dict[str, Any]] = {
    200: {"description": "A page that runs and loads nothing.", "content": {"text/html": {}}}
}
ACCEPTED: dict[str, Any] = {
    "model": Job,
    "description": "Accepted; poll the job that `Location` names.",
    "headers": {"Location": {"schema": {"type": "string"}, "description": "Path of the job to poll."}},
}
LOGO_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in ("image/png", "image/svg+xml")
        },
    }
}


@router.get("/branding", responses={**READ, **failures(*ALWAYS)})
def get_branding(caller: ClientReader) -> Response:
    """Get how your reports look; clients may differ from it field by field."""
    return brandings.read(caller, None)


@router.put("/branding", responses={**READ, **failures(*ALWAYS, 412, 428)})
def put_branding(wishes: BrandingWishes, caller: ClientWriter, if_match: IfMatch = None) -> Response:
    """Set how your reports look. Colours that cannot be read are printed in the nearest shade that can (`corrections`)."""
    return brandings.replace(caller, None, wishes, if_match)


@router.delete("/branding", status_code=204, response_class=Response, responses=failures(*ALWAYS))
def delete_branding(caller: ClientWriter) -> None:
    """Go back to the product's own look; the logo is removed too."""
    brandings.remove(caller, None)


@router.get("/branding/preview", response_class=Response, responses={**PAGE, **failures(*ALWAYS)})
def preview_branding(caller: ClientReader, language: InLanguage = None) -> Response:
    """See your reports' look on a page with sample figures."""
    return brandings.preview(caller, None, None, language)


@router.post("/branding/preview", response_class=Response, responses={**PAGE, **failures(*ALWAYS)})
def try_branding(wishes: BrandingWishes, caller: ClientReader, language: InLanguage = None) -> Response:
    """See how your reports would look with other wishes; nothing is kept."""
    return brandings.preview(caller, None, wishes, language)


@router.get("/branding/logo", response_class=Response, responses={**PICTURE, **failures(*ALWAYS, 404)})
def get_logo(caller: ClientReader, request: Request) -> Response:
    """Get your logo as it is printed."""
    return brandings.logo(caller, request, None)


@router.put("/branding/logo", openapi_extra=LOGO_BODY, responses={200: {"model": LogoKept}, **failures(*ALWAYS, 413)})
async def put_logo(request: Request, caller: ClientWriter) -> Response:
    """Set your logo: a PNG or SVG file of up to 512 KiB as the body. The answer names what was cleaned away."""
    return await run_in_threadpool(brandings.put_logo, caller, None, await request.body())


@router.delete("/branding/logo", status_code=204, response_class=Response, responses=failures(*ALWAYS))
def delete_logo(caller: ClientWriter) -> None:
    """Remove your logo."""
    brandings.remove_logo(caller, None)


@router.post("/branding/preview/pdf", status_code=202, responses={202: ACCEPTED, **failures(*ALWAYS)})
def order_preview(caller: ClientWriter, language: InLanguage = None) -> Response:
    """Have a sample report made as PDF in your look; get it when the job has ended."""
    return brandings.order_preview(caller, None, language)


@router.get(
    "/branding/preview/pdf",
    status_code=302,
    response_class=Response,
    responses={302: {"description": "`Location` is a short-lived link to the file."}, **failures(*ALWAYS, 404)},
)
def get_preview(caller: ClientReader) -> Response:
    """Get the newest sample report in your look."""
    return brandings.preview_file(caller, None)
