"""Following the links in mails: whoever holds one may do what is signed in it, and nothing else."""

from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy.orm import Session

from function_app.api.callers import Front
from shared.audit.actor import Actor
from shared.audit.log import Target, log_auth_event
from shared.audit.types import AuditType
from shared.branding import stored
from shared.branding.branding import PLAIN, Branding
from shared.branding.wishes import branding_of
from shared.database.reading import read_in
from shared.database.tables import Tenant
from shared.language.language import Language
from shared.mail import holds, links, mail_lists, pages, signing_key
from shared.mail.addressee import Addressee, addressee_of
from shared.mail.kinds import CHOSEN, MailKind
from shared.mail.pages import EXPIRED, INVALID, Page, Subscriptions
from shared.mail.signing_key import SigningKeyMissingError

_Grant = TypeVar("_Grant", links.Unsubscribe, links.File)
_ALL = (*CHOSEN, MailKind.DIGEST)


def show_subscriptions(front: Front, request: Request, token: str, signature: str) -> Response:
    """Answer with the page on which a person ends mails."""
    grant = _opened(front, links.Unsubscribe, token, signature)
    if grant is None:
        return _notice(request, INVALID, 404)
    with front.database.tenant(grant.tenant_id) as session:
        addressee = addressee_of(session, grant)
        page = None if addressee is None else _subscriptions(session, addressee, grant, _query(request))
    return _notice(request, INVALID, 404) if page is None else _answer(page)


def change_subscriptions(front: Front, request: Request, token: str, signature: str, act: str) -> Response:
    """End the kind of mails that the link came with, ``all`` of them, or let them come ``again``; answer with the page."""
    grant = _opened(front, links.Unsubscribe, token, signature)
    if grant is None:
        return _notice(request, INVALID, 404)
    with front.database.tenant(grant.tenant_id) as session:
        addressee = addressee_of(session, grant)
        page = None
        if addressee is not None:
            kinds = (grant.kind,) if act not in {"all", "again"} else _ALL
            holds.set_unsubscribed(session, grant.tenant_id, addressee.address, kinds, ended=act != "again")
            page = _subscriptions(session, addressee, grant, _query(request))
    return _notice(request, INVALID, 404) if page is None else _answer(page)


def give_file(front: Front, request: Request, token: str, signature: str) -> Response:
    """Answer with a short-lived link to a file of a report."""
    grant = _opened(front, links.File, token, signature)
    if grant is None:
        return _notice(request, INVALID, 404)
    if grant.is_expired:
        return _notice(request, EXPIRED, 410)
    with front.database.tenant(grant.tenant_id) as session:
        found = read_in(session, mail_lists.report_file(grant.report_id, grant.format))
        if found:
            _log(session, grant, request, found[0]["file_name"])
    if not found:
        return _notice(request, INVALID, 404)
    services = front.services
    location = services.blobs.download_link(
        found[0]["blob_path"],
        file_name=found[0]["file_name"],
        content_type=found[0]["content_type"],
        lifetime=timedelta(minutes=services.settings.download_link_minutes),
    )
    return Response(status_code=302, headers={"Location": location})


def _opened(front: Front, kind: type[_Grant], token: str, signature: str) -> _Grant | None:
    try:
        tenant_id = links.tenant_of(token)
        # Verified before anything is read: this may be the first request of the process.
        _ = front.database
        return links.opened(kind, token, signature, signing_key.get(front.services, tenant_id))
    except (ValueError, SigningKeyMissingError):
        return None


def _subscriptions(session: Session, addressee: Addressee, grant: links.Unsubscribe, action: str) -> Page:
    return pages.unsubscribe_page(
        Language.of(addressee.language),
        _branding(session, None),
        Subscriptions(
            sender=session.get_one(Tenant, grant.tenant_id).name,
            address=addressee.address,
            kind=grant.kind,
            ended=holds.unsubscribed(session, addressee.address),
            all_kinds=_ALL,
        ),
        action,
    )


def _branding(session: Session, client_id: UUID | None) -> Branding:
    # Without the logo, which would have to be fetched first.
    return branding_of(stored.effective(session, client_id))


def _query(request: Request) -> str:
    # Nothing before it: the form goes to wherever the page came from, whatever stands in front of this process.
    return f"?{request.url.query}"


def _log(session: Session, grant: links.File, request: Request, file_name: str) -> None:
    actor = Actor(
        "whoever has the link in a mail",
        ip=request.client.host if request.client else None,
        user_agent=request.headers.get("user-agent"),
    )
    log_auth_event(
        session,
        grant.tenant_id,
        AuditType.REPORT_DOWNLOADED,
        actor,
        target=Target("report", grant.report_id, file_name),
        details={"format": str(grant.format), "by": "mail"},
    )


def _notice(request: Request, words: tuple[str, tuple[str, ...]], status_code: int) -> Response:
    language = pages.language_wanted(request.headers.get("accept-language", ""))
    return _answer(pages.notice_page(language, PLAIN, *words), status_code)


def _answer(page: Page, status_code: int = 200) -> Response:
    return Response(page.html, status_code, media_type="text/html", headers={"Content-Security-Policy": page.policy})
