"""``/mail/unsubscribe`` and ``/mail/file``: where the links in mails lead; they need no key, for they are signed."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from function_app.api.dependencies import front_of
from function_app.api.models.common import failures
from shared.mail import links

router = APIRouter(prefix="/mail", tags=["Links in mails"])

# Links lose their end in some mail programs: whoever opens such a one gets a page as well, so nothing is required here.
Token = Annotated[str, Query(alias="t", max_length=links.MAX_TOKEN_CHARS, description="What is granted.")]
Signature = Annotated[str, Query(alias="sig", max_length=100, description="Its signature.")]
_HTML = {"text/html": {"schema": {"type": "string"}}}
_INVALID = {"description": "The link is not valid, or what it leads to is gone.", "content": _HTML}
_ELSE = (422, 503)
_PAGE = {"description": "A page for people.", "content": _HTML}


@router.get("/unsubscribe", response_class=Response, responses={200: _PAGE, 404: _INVALID, **failures(*_ELSE)})
def show_unsubscribe_page(request: Request, token: Token = "", signature: Signature = "") -> Response:
    """Show what the person behind the link may end. Nothing changes by looking: mail programs open links by themselves."""
    from function_app.api import mail_following  # noqa: PLC0415 - Babel

    return mail_following.show_subscriptions(front_of(request), request, token, signature)


@router.post("/unsubscribe", response_class=Response, responses={200: _PAGE, 404: _INVALID, **failures(400, *_ELSE)})
async def unsubscribe(request: Request, token: Token = "", signature: Signature = "") -> Response:
    """End mails of the kind that the link came with (RFC 8058: one request, nothing asked), all, or let them come again."""
    from function_app.api import mail_following  # noqa: PLC0415 - Babel

    async with request.form(max_files=0, max_fields=5) as form:
        act = form.get("act")
    wanted = act if isinstance(act, str) else "kind"
    front = front_of(request)
    return await run_in_threadpool(mail_following.change_subscriptions, front, request, token, signature, wanted)


@router.get(
    "/file",
    status_code=302,
    response_class=Response,
    responses={
        302: {"description": "The file is at `Location`, for a few minutes."},
        404: _INVALID,
        410: {"description": "The link has ended.", "content": _HTML},
        **failures(*_ELSE),
    },
)
def follow_file_link(request: Request, token: Token = "", signature: Signature = "") -> Response:
    """Get a file of a report by the link in a mail."""
    from function_app.api import mail_following  # noqa: PLC0415 - Babel

    return mail_following.give_file(front_of(request), request, token, signature)
