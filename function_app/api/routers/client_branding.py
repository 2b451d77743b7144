"""``/clients/{client_id}/branding``: what a client's reports have of their own."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from function_app.api import brandings
from function_app.api.dependencies import ClientReader, ClientWriter
from function_app.api.models.branding import BrandingWishes, LogoKept
from function_app.api.models.common import ALWAYS, failures
from function_app.api.routers.branding import ACCEPTED, LOGO_BODY, PAGE, PICTURE, READ, IfMatch, InLanguage

router = APIRouter(tags=["Branding"])


@router.get("/clients/{client_id}/branding", responses={**READ, **failures(*ALWAYS, 404)})
def get_client_branding(client_id: UUID, caller: ClientReader) -> Response:
    """Get how a client's reports look: its own wishes, completed by the tenant's."""
    return brandings.read(caller, client_id)


@router.put("/clients/{client_id}/branding", responses={**READ, **failures(*ALWAYS, 404, 412, 428)})
def put_client_branding(client_id: UUID, wishes: BrandingWishes, caller: ClientWriter, if_match: IfMatch = None) -> Response:
    """Set what a client's reports have of their own; fields left out are the tenant's."""
    return brandings.replace(caller, client_id, wishes, if_match)


@router.delete("/clients/{client_id}/branding", status_code=204, response_class=Response, responses=failures(*ALWAYS, 404))
def delete_client_branding(client_id: UUID, caller: ClientWriter) -> None:
    """Let a client's reports look like all others; its own logo is removed too."""
    brandings.remove(caller, client_id)


@router.get("/clients/{client_id}/branding/preview", response_class=Response, responses={**PAGE, **failures(*ALWAYS, 404)})
def preview_client_branding(client_id: UUID, caller: ClientReader, language: InLanguage = None) -> Response:
    """See a client's reports' look on a page with sample figures."""
    return brandings.preview(caller, client_id, None, language)


@router.post("/clients/{client_id}/branding/preview", response_class=Response, responses={**PAGE, **failures(*ALWAYS, 404)})
def try_client_branding(
    client_id: UUID, wishes: BrandingWishes, caller: ClientReader, language: InLanguage = None
) -> Response:
    """See how a client's reports would look with other wishes; nothing is kept."""
    return brandings.preview(caller, client_id, wishes, language)


@router.get("/clients/{client_id}/branding/logo", response_class=Response, responses={**PICTURE, **failures(*ALWAYS, 404)})
def get_client_logo(client_id: UUID, caller: ClientReader, request: Request) -> Response:
    """Get a client's logo as it is printed."""
    return brandings.logo(caller, request, client_id)


@router.put(
    "/clients/{client_id}/branding/logo",
    openapi_extra=LOGO_BODY,
    responses={200: {"model": LogoKept}, **failures(*ALWAYS, 404, 413)},
)
async def put_client_logo(client_id: UUID, request: Request, caller: ClientWriter) -> Response:
    """Set a client's logo: a PNG or SVG file of up to 512 KiB as the body. The answer names what was cleaned away."""
    return await run_in_threadpool(brandings.put_logo, caller, client_id, await request.body())


@router.delete(
    "/clients/{client_id}/branding/logo", status_code=204, response_class=Response, responses=failures(*ALWAYS, 404)
)
def delete_client_logo(client_id: UUID, caller: ClientWriter) -> None:
    """Remove a client's logo."""
    brandings.remove_logo(caller, client_id)


@router.post(
    "/clients/{client_id}/branding/preview/pdf", status_code=202, responses={202: ACCEPTED, **failures(*ALWAYS, 404)}
)
def order_client_preview(client_id: UUID, caller: ClientWriter, language: InLanguage = None) -> Response:
    """Have a sample report made as PDF in a client's look; get it when the job has ended."""
    return brandings.order_preview(caller, client_id, language)


@router.get(
    "/clients/{client_id}/branding/preview/pdf",
    status_code=302,
    response_class=Response,
    responses={302: {"description": "`Location` is a short-lived link to the file."}, **failures(*ALWAYS, 404)},
)
def get_client_preview(client_id: UUID, caller: ClientReader) -> Response:
    """Get the newest sample report in a client's look."""
    return brandings.preview_file(caller, client_id)
