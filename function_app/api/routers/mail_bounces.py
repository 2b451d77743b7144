"""``/mail/bounces``: what mail servers say later of our mails by mail to the sender."""

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from function_app.api import delivery_reporting
from function_app.api.answers import json_answer
from function_app.api.callers import Front
from function_app.api.delivery_reporting import KeyInHeader, KeyInQuery
from function_app.api.dependencies import front_of
from function_app.api.models.common import failures

router = APIRouter(prefix="/mail", tags=["Delivery reports"])


@router.post(
    "/bounces",
    responses={200: {"description": "Read; how many reports of it were taken."}, **failures(401, 404, 413, 422, 503)},
    openapi_extra={"requestBody": {"content": {"message/rfc822": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def take_bounce(request: Request, key: KeyInHeader = None, query_key: KeyInQuery = None) -> Response:
    """Take a mail that came to the sender's mailbox, as it is; where it is a delivery status notification (RFC 3464) about
    one of our mails, what became of that is shown, and an address that does not exist goes on hold. Any other is ignored.
    """
    front = front_of(request)
    delivery_reporting.check_key(front, key or query_key)
    return json_answer(await run_in_threadpool(_take, front, await request.body()))


def _take(front: Front, content: bytes) -> dict[str, int]:
    from shared.mail.bounce_messages import reports_in  # noqa: PLC0415 - few need the parser of mails

    found = reports_in(content)
    return delivery_reporting.take(front, found, given=max(len(found), 1))
