"""``/mail``: who gets which mails, what became of them, and addresses that nothing is sent to."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from function_app.api import creation
from function_app.api.answers import changed_answer, json_answer, row_answer, version_of
from function_app.api.callers import Caller
from function_app.api.dependencies import IdempotencyKey, MailReader, MailWriter
from function_app.api.models import mail as models
from function_app.api.models.common import ALWAYS, failures
from function_app.api.paging import Paging
from function_app.api.routers.clients import IfMatch
from shared.audit.log import Target
from shared.audit.types import AuditType
from shared.database.reading import read_in
from shared.database.tables import Job, MailDelivery
from shared.identifiers import new_id
from shared.jobs.requests import publish_job
from shared.mail import deliveries, holds, mail_lists, recipients, signing_key
from shared.mail.errors import (
    MailNotFoundError,
    MailOffError,
    RecipientNotFoundError,
    WelcomedBeforeError,
    require_on,
)
from shared.mail.kinds import MailKind
from shared.mail.welcome import send_welcome_email
from shared.reporting.idempotency import Outcome

router = APIRouter(prefix="/mail", tags=["Mail"])

_READ: dict[int | str, dict[str, Any]] = {200: {"model": models.Recipient}}
_UNDER_WAY: dict[int | str, dict[str, Any]] = {
    202: {"model": models.Mail, "description": "Under way; read the mail that `Location` names."}
}


@router.get("", responses={200: {"model": models.MailStatus}, **failures(*ALWAYS)})
def get_mail_status(caller: MailReader) -> Response:
    """Say whether this installation sends mail, and from where."""
    caller.verify()
    settings = caller.services.settings
    is_on = bool(settings.smtp_host)
    return json_answer(
        {
            "enabled": is_on,
            "sender": settings.mail_from if is_on else None,
            "reason": None if is_on else str(MailOffError().message + " " + MailOffError().next_step),
            "takes_delivery_reports": is_on and bool(settings.mail_reports_key_sha256),
            "attachment_max_bytes": settings.mail_attachment_max_bytes,
            "link_days": settings.mail_link_days,
        }
    )


@router.get("/recipients", responses={200: {"model": models.RecipientPage}, **failures(*ALWAYS)})
def list_recipients(caller: MailReader, wanted: Annotated[models.RecipientsWanted, Query()]) -> Response:
    """List recipients, page by page."""
    page = Paging("recipients", mail_lists.RECIPIENT_ORDERS, wanted.sort, wanted)
    query = mail_lists.recipients(
        search=wanted.search,
        kind=wanted.kind,
        client_id=wanted.client_id,
        place=page.place,
    )
    return page.answer(caller, query)


@router.post(
    "/recipients",
    status_code=201,
    responses={201: {"model": models.Recipient, "description": "Created; `Location` says where."}, **failures(*ALWAYS, 409)},
)
def create_recipient(recipient: models.NewRecipient, caller: MailWriter, key: IdempotencyKey = None) -> Response:
    """Add a recipient; send a test next (`POST /mail/recipients/{id}/test`)."""
    request = creation.named(key, "POST /mail/recipients", recipient.model_dump_json())
    require_on(caller.services.settings)
    caller.verify()
    signing_key.ensure(caller.services, caller.tenant_id)

    def create() -> Outcome:
        row = recipients.create(session, caller.tenant_id, recipient.model_dump(), caller.actor)
        return creation.created("mail/recipients", read_in(session, mail_lists.recipient(row.id))[0])

    with caller.transaction() as session:
        return creation.answer(session, caller, request, create)


@router.get("/recipients/{recipient_id}", responses={**_READ, **failures(*ALWAYS, 404)})
def get_recipient(recipient_id: UUID, caller: MailReader) -> Response:
    """Get a recipient; the ETag is what a change has to name."""
    row = caller.read_one(mail_lists.recipient(recipient_id), RecipientNotFoundError)
    return row_answer(row)


@router.patch("/recipients/{recipient_id}", responses={**_READ, **failures(*ALWAYS, 404, 409, 412, 428)})
def change_recipient(
    recipient_id: UUID, change: models.RecipientChange, caller: MailWriter, if_match: IfMatch = None
) -> Response:
    """Change some fields of a recipient, if they still are as you read them: send the ETag in `If-Match`."""
    version = version_of(if_match)
    with caller.transaction() as session:
        fields = change.model_dump(exclude_unset=True)
        recipients.change(session, recipient_id, fields, caller.actor, version=version)
        body = read_in(session, mail_lists.recipient(recipient_id))[0]
    return changed_answer(body)


@router.delete("/recipients/{recipient_id}", status_code=204, response_class=Response, responses=failures(*ALWAYS, 404))
def delete_recipient(recipient_id: UUID, caller: MailWriter) -> None:
    """Delete a recipient with the mails on record. What holds the address (bounced, unsubscribed) stays."""
    with caller.transaction() as session:
        recipients.delete(session, recipient_id, caller.actor)


@router.post("/recipients/{recipient_id}/test", status_code=202, responses={**_UNDER_WAY, **failures(*ALWAYS, 404, 409)})
def send_test_mail(recipient_id: UUID, caller: MailWriter, key: IdempotencyKey = None) -> Response:
    """Send a test to a recipient, also to one who is disabled."""

    def send(session: Session) -> tuple[UUID, Job]:
        recipient = recipients.find(session, recipient_id)
        delivery = MailDelivery(
            id=new_id(),
            tenant_id=caller.tenant_id,
            recipient_id=recipient.id,
            kind=MailKind.TEST.value,
            address=recipient.address,
            name=recipient.name,
            language=recipient.language,
            time_zone=recipient.time_zone,
        )
        job = deliveries.with_job(session, delivery, trace_id=caller.trace_id)
        return delivery.id, job

    return _set_going(caller, key, f"POST /mail/recipients/{recipient_id}/test", send, reason="test")


@router.get("/deliveries", responses={200: {"model": models.MailPage}, **failures(*ALWAYS)})
def list_mails(caller: MailReader, wanted: Annotated[models.MailsWanted, Query()]) -> Response:
    """List mails, the newest first."""
    page = Paging("mails", mail_lists.DELIVERY_ORDERS, wanted.sort, wanted)
    query = mail_lists.deliveries(
        recipient_id=wanted.recipient_id,
        states=tuple(wanted.state),
        kind=wanted.kind,
        client_id=wanted.client_id,
        since=wanted.since,
        until=wanted.until,
        place=page.place,
    )
    return page.answer(caller, query)


@router.get("/deliveries/{mail_id}", responses={200: {"model": models.MailWithAttempts}, **failures(*ALWAYS, 404)})
def get_mail(mail_id: UUID, caller: MailReader) -> Response:
    """Get a mail with every attempt and what the relay answered."""
    return json_answer(caller.read_one(mail_lists.delivery(mail_id), MailNotFoundError))


@router.post("/deliveries/{mail_id}/send-again", status_code=202, responses={**_UNDER_WAY, **failures(*ALWAYS, 404, 409)})
def send_mail_again(mail_id: UUID, caller: MailWriter, key: IdempotencyKey = None) -> Response:
    """Send a mail again that failed, was refused, bounced or is held, as the same mail. Release its address first."""

    def send(session: Session) -> tuple[UUID, Job]:
        return mail_id, deliveries.send_again(session, mail_id, trace_id=caller.trace_id)

    return _set_going(caller, key, f"POST /mail/deliveries/{mail_id}/send-again", send, reason="again")


@router.get("/holds", responses={200: {"model": models.HoldPage}, **failures(*ALWAYS)})
def list_mail_holds(caller: MailReader, wanted: Annotated[models.HoldsWanted, Query()]) -> Response:
    """List addresses that nothing is sent to, the newest first: what bounced, was refused for good or was unsubscribed."""
    page = Paging("mail holds", mail_lists.HOLD_ORDERS, wanted.sort, wanted)
    query = mail_lists.holds(code=wanted.code, search=wanted.search, place=page.place)
    return page.answer(caller, query)


@router.delete("/holds/{hold_id}", status_code=204, response_class=Response, responses=failures(*ALWAYS, 404))
def release_mail_hold(hold_id: UUID, caller: MailWriter) -> None:
    """Let mail go to an address again; of what a person unsubscribed from, only where that person asks for it."""
    with caller.transaction() as session:
        holds.release(session, caller.tenant_id, hold_id, caller.actor)


@router.post("/welcome", status_code=202, responses={**_UNDER_WAY, **failures(*ALWAYS, 409)})
def welcome_user(wanted: models.WelcomeWanted, caller: MailWriter) -> Response:
    """Welcome a user by mail, once: whoever was welcomed before is not again, and the answer is the mail of that time."""
    require_on(caller.services.settings)
    with caller.transaction() as session:
        mail_id, job = send_welcome_email(session, caller.tenant_id, **wanted.model_dump(), trace_id=caller.trace_id)
        body = read_in(session, mail_lists.delivery(mail_id))
        if job is not None:
            _log(session, caller, mail_id, "welcome")
    if job is not None:
        publish_job(caller.services.publisher, caller.services.database, job)
    if not body:
        # The mail of that time has served its own time.
        raise WelcomedBeforeError
    body[0].pop("attempts")
    return json_answer(body[0], status_code=202, headers={"Location": f"/api/v1/mail/deliveries/{mail_id}"})


def _log(session: Session, caller: Caller, mail_id: UUID, reason: str) -> None:
    caller.log(session, AuditType.MAIL_SENT, Target("mail", mail_id), details={"reason": reason})


def _set_going(
    caller: Caller, key: str | None, route: str, begin: Callable[[Session], tuple[UUID, Job]], *, reason: str
) -> Response:
    require_on(caller.services.settings)

    def write(session: Session) -> tuple[Outcome, Job]:
        mail_id, job = begin(session)
        _log(session, caller, mail_id, reason)
        body = read_in(session, mail_lists.delivery(mail_id))[0]
        body.pop("attempts")
        return Outcome(202, {"Location": f"/api/v1/mail/deliveries/{mail_id}"}, body), job

    return creation.set_going(caller, creation.named(key, route), write)
