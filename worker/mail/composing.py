"""From a mail on its way to the bytes that are handed over: what it says, in whose look, with which files."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from shared.branding import stored
from shared.branding.branding import Branding
from shared.branding.wishes import branding_of
from shared.database.tables import Client, MailRecipient, Tenant
from shared.events.types import EventType
from shared.language.language import Language
from shared.mail import digests, links, signing_key
from shared.mail.deliveries import Ready, keep_data
from shared.mail.kinds import UNSUBSCRIBABLE, MailKind
from shared.mail.message_id import message_id_of
from shared.services import Services
from shared.storage.blobs import StorageUnavailableError
from worker.mail import drawing, other_letters, report_letter
from worker.mail.digest_letter import digest
from worker.mail.drawing import Surroundings
from worker.mail.event_letters import OF_EVENTS
from worker.mail.letter import Attachment, Letter
from worker.mail.message import Envelope, message_of, picture_of
from worker.mail.occasion import NothingToTellError, Occasion


def compose(services: Services, ready: Ready) -> bytes:
    """Return the message of a mail whose time has come.

    Raises :class:`~worker.mail.occasion.NothingToTellError`, and what Blob storage and the store of secrets raise.
    """
    settings = services.settings
    with services.database.tenant(ready.tenant_id) as session:
        occasion = Occasion(
            ready=ready,
            settings=settings,
            language=Language.of(ready.language),
            sender=session.get_one(Tenant, ready.tenant_id).name,
            client=_client_name(session, ready),
        )
    unsubscribe_url = ""
    key = signing_key.get(services, ready.tenant_id) if ready.recipient_id is not None else b""
    if ready.recipient_id is not None and ready.kind in UNSUBSCRIBABLE:
        grant = links.Unsubscribe.of(ready.tenant_id, ready.recipient_id, ready.address, ready.kind)
        unsubscribe_url = links.link_to(settings, grant, key)
    letter, attachments = _letter(services, occasion, key)
    branding = _branding(services, ready)
    picture = picture_of(branding.logo)
    around = surroundings_of(occasion, unsubscribe_url, picture.size if picture else None)
    envelope = Envelope(
        message_id=message_id_of(ready.tenant_id, ready.delivery_id, settings.mail_from),
        sent_at=ready.created_at,
        sender=settings.mail_from,
        sender_name=settings.mail_from_name or occasion.sender,
        reply_to=settings.mail_reply_to,
        recipient=ready.address,
        recipient_name=ready.name,
        subject=letter.subject,
        language=ready.language,
        unsubscribe_url=unsubscribe_url,
    )
    text, html = (draw(letter, around, branding) for draw in (drawing.text_of, drawing.html_of))
    return message_of(envelope, text, html, picture, attachments)


def _letter(services: Services, occasion: Occasion, key: bytes) -> tuple[Letter, list[Attachment]]:
    kind = occasion.ready.kind
    if kind is MailKind.REPORT_DELIVERED:
        with services.database.tenant(occasion.ready.tenant_id) as session:
            files = report_letter.files_of(session, UUID(occasion.text("report_id")))
        attachments = report_letter.attached(services, occasion, files)
        return report_letter.report_ready(occasion, files, attachments, key), attachments
    if kind is MailKind.DIGEST:
        return digest(occasion, _digest_content(services, occasion.ready)), []
    if kind is MailKind.WELCOME:
        return other_letters.welcome(occasion), []
    if kind is MailKind.TEST:
        return other_letters.test(occasion), []
    return OF_EVENTS[EventType(occasion.ready.event_type or "")](occasion), []


def _digest_content(services: Services, ready: Ready) -> digests.Content:
    """Return what a digest tells: counted once, and kept for later attempts."""
    if "content" not in ready.data:
        with services.database.tenant(ready.tenant_id) as session:
            recipient = session.get(MailRecipient, ready.recipient_id)
            if recipient is None:
                raise NothingToTellError("recipient_gone", "The recipient was deleted before the mail was sent.")
            since, until = (datetime.fromisoformat(ready.data[name]) for name in ("since", "until"))
            content = digests.content_of(session, recipient, since, until)
            ready.data["content"] = msgspec.to_builtins(content)
            keep_data(session, ready, dict(ready.data))
    content = msgspec.convert(ready.data["content"], digests.Content)
    if content.is_empty:
        raise NothingToTellError("nothing_happened", "Nothing happened that the digest would tell.")
    return content


def _client_name(session: Session, ready: Ready) -> str:
    client = session.get(Client, ready.client_id) if ready.client_id is not None else None
    return client.name if client is not None else ""


def _branding(services: Services, ready: Ready) -> Branding:
    try:
        return stored.load(services, ready.tenant_id, ready.client_id)
    except StorageUnavailableError:
        # An alert without a logo is better than a late one.
        with services.database.tenant(ready.tenant_id) as session:
            return branding_of(stored.effective(session, ready.client_id))


def surroundings_of(occasion: Occasion, unsubscribe_url: str, logo_size: tuple[int, int] | None) -> Surroundings:
    gettext, ready = occasion.language.gettext, occasion.ready
    # A name that holds what messages use as marks stays as it is: values are put in, never read.
    greeting = gettext("Hello {name},", name=ready.name) if ready.name else gettext("Hello,")
    return Surroundings(
        language=ready.language,
        direction=occasion.language.direction,
        sender=occasion.sender,
        greeting=greeting,
        reason=gettext("{sender} sends this mail to {address}.", sender=occasion.sender, address=ready.address),
        unsubscribe_label=gettext("Unsubscribe from mails like this"),
        unsubscribe_url=unsubscribe_url,
        logo_size=logo_size,
    )
