"""Brandings in the database and their logos in Blob storage."""

import hashlib
import io
import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.branding.branding import Branding, Logo
from shared.branding.logos import MAX_LOGO_BYTES
from shared.branding.wishes import NOTHING, StoredLogo, Wishes, branding_of, together, wishes_of
from shared.database.tables import BrandingRow, Client
from shared.errors import NotFoundError
from shared.identifiers import new_id
from shared.reporting.clients import ClientNotFoundError, VersionConflictError
from shared.services import Services
from shared.storage.blobs import BlobMissingError, BlobStore, StorageUnavailableError
from shared.storage.paths import branding_preview_path, logo_path
from shared.storage.patience import PATIENT, Patience

_log = logging.getLogger(__name__)

# Pillow and our own writing of an SVG may make a file somewhat larger than the one that was given.
_MAX_STORED_BYTES = 16 * MAX_LOGO_BYTES


class LogoNotFoundError(NotFoundError):
    """There is no logo."""

    code = "logo_not_found"

    def __init__(self) -> None:
        super().__init__("There is no logo here.", next_step="PUT a PNG or SVG file to the same path.")


def load(services: Services, tenant_id: UUID, client_id: UUID | None) -> Branding:
    """Return how reports of a client look, or those of the tenant itself; for jobs, since it waits for Blob storage."""
    for _ in range(2):
        with services.database.tenant(tenant_id) as session:
            wishes = effective(session, client_id)
        logo = read_logo(services.blobs, wishes.logo, patience=PATIENT) if wishes.logo else None
        if wishes.logo is None or logo is not None:
            break
        # The logo was replaced between the two reads: the row now names its successor.
    return branding_of(wishes, logo)


def effective(session: Session, client_id: UUID | None) -> Wishes:
    """Return the wishes of a client over those of its tenant."""
    rows = [row_of(session, owner) for owner in ([client_id, None] if client_id else [None])]
    return together(wishes_of(row) if row is not None else NOTHING for row in rows)


def row_of(session: Session, client_id: UUID | None, *, lock: bool = False) -> BrandingRow | None:
    """Return the row of a client, or of the tenant itself, ``None`` where neither wished for anything."""
    owner = BrandingRow.client_id.is_(None) if client_id is None else BrandingRow.client_id == client_id
    query = select(BrandingRow).where(owner)
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def check_client(session: Session, client_id: UUID | None, *, lock: bool = False) -> None:
    """Raise :class:`ClientNotFoundError` where the client is not there; ``lock`` keeps it there until the end."""
    if client_id is None:
        return
    query = select(Client.id).where(Client.id == client_id, Client.deleted_at.is_(None))
    if session.scalars(query.with_for_update(read=True, key_share=True) if lock else query).one_or_none() is None:
        raise ClientNotFoundError


def held_row(session: Session, tenant_id: UUID, client_id: UUID | None) -> BrandingRow | None:
    """Return the row, ``None`` where there is none yet, and keep others from changing or making it until the end.

    Raises :class:`ClientNotFoundError`.
    """
    check_client(session, client_id, lock=True)
    # Two first wishes cannot wait for each other's row, so they wait for a name.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"branding/{tenant_id}/{client_id}", 0))))
    return row_of(session, client_id, lock=True)


def change(
    session: Session, tenant_id: UUID, client_id: UUID | None, fields: Mapping[str, Any], *, version: int | None
) -> BrandingRow:
    """Set the given fields and raise the version; ``version`` is the one the caller read, 0 where there was nothing yet.

    ``None`` overwrites whatever is there. Raises :class:`VersionConflictError`, :class:`ClientNotFoundError`.
    """
    row = held_row(session, tenant_id, client_id)
    if version is not None and version != (row.version if row else 0):
        raise VersionConflictError
    if row is None:
        row = BrandingRow(tenant_id=tenant_id, client_id=client_id, version=0)
        session.add(row)
    for name, value in fields.items():
        setattr(row, name, value)
    row.version += 1
    row.updated_at = func.clock_timestamp()
    session.flush()
    session.refresh(row)
    return row


def forget(session: Session, client_id: UUID | None) -> StoredLogo | None:
    """Remove all wishes; return the logo whose file has no owner any more."""
    check_client(session, client_id)
    row = row_of(session, client_id, lock=True)
    if row is None:
        return None
    logo = wishes_of(row).logo
    session.delete(row)
    return logo


def store_logo(blobs: BlobStore, tenant_id: UUID, client_id: UUID | None, logo: Logo) -> StoredLogo:
    """Write a cleaned logo to Blob storage, under a name of its own, and return where it is."""
    path = logo_path(tenant_id, client_id, new_id(), logo.extension)
    blobs.upload(path, io.BytesIO(logo.content), content_type=logo.media_type, size_bytes=len(logo.content))
    return StoredLogo(
        path=path,
        media_type=logo.media_type,
        width=logo.width,
        height=logo.height,
        bytes=len(logo.content),
        sha256=hashlib.sha256(logo.content).hexdigest(),
    )


def read_logo(blobs: BlobStore, stored: StoredLogo, *, patience: Patience) -> Logo | None:
    """Return a logo's file, ``None`` where it is gone: a report without a logo is better than none."""
    try:
        content = blobs.read(stored.path, max_bytes=_MAX_STORED_BYTES, patience=patience)
    except BlobMissingError:
        _log.warning("a logo is not in Blob storage", extra={"action": "logo_missing"})
        return None
    return Logo(media_type=stored.media_type, content=content, width=stored.width, height=stored.height)


def remove_preview(blobs: BlobStore, tenant_id: UUID, client_id: UUID | None) -> None:
    """Remove the sample report in a branding that is no more; a failure leaves a file behind that nobody sees."""
    try:
        blobs.delete(branding_preview_path(tenant_id, client_id))
    except StorageUnavailableError as error:
        _log.warning("a preview could not be removed", extra={"action": "preview_left"}, exc_info=error)


def remove_logo_file(blobs: BlobStore, stored: StoredLogo | None) -> None:
    """Remove a logo's file after its row let go of it; a failure leaves a file behind that nobody sees."""
    if stored is None:
        return
    try:
        blobs.delete(stored.path)
    except StorageUnavailableError as error:
        _log.warning("a logo's file could not be removed", extra={"action": "logo_left"}, exc_info=error)


def columns_of(logo: StoredLogo | None) -> dict[str, Any]:
    """Return what the column ``logo`` keeps."""
    return {"logo": None if logo is None else msgspec.to_builtins(logo)}
