"""What the routes of a tenant's and of a client's branding have in common."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy.orm import Session

from function_app.api import ordering
from function_app.api.answers import changed_answer, json_answer, version_of, version_tag
from function_app.api.callers import Caller
from function_app.api.models.branding import BrandingWishes
from shared.audit.log import Target
from shared.audit.types import AuditType
from shared.branding import stored
from shared.branding.branding import PANEL, WHITE
from shared.branding.branding import Branding as Look
from shared.branding.logos import CleanedLogo, cleaned
from shared.branding.wishes import StoredLogo, Wishes, branding_of, together, wishes_of
from shared.database.reading import read_in
from shared.database.tables import BrandingRow
from shared.errors import NotFoundError
from shared.jobs.kinds import PREVIEW_BRANDING
from shared.jobs.requests import add_job, publish_job
from shared.reporting import job_lists
from shared.storage.paths import branding_preview_path
from shared.storage.patience import PROMPT

# A stored SVG is clean, and still nothing that is opened on its own may run or load anything.
_LOGO_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-cache",
}
_BACKGROUNDS = {"primary": f"white ({WHITE})", "accent": f"the panels of a page ({PANEL})"}


class PreviewNotFoundError(NotFoundError):
    """No sample report was made yet."""

    code = "preview_not_found"

    def __init__(self) -> None:
        super().__init__(
            "There is no sample report yet.", next_step="POST to the same path, and poll the job until it has ended."
        )


def read(caller: Caller, client_id: UUID | None) -> Response:
    """Answer with the branding of a client, or of the tenant itself."""
    with caller.transaction() as session:
        stored.check_client(session, client_id)
        content = _shown(session, stored.row_of(session, client_id), client_id)
    # No 304 here: what is effective changes with the tenant's wishes too, which the version does not count.
    headers = {"ETag": version_tag(content["version"]), "Cache-Control": "private, no-store"}
    return json_answer(content, headers=headers)


def replace(caller: Caller, client_id: UUID | None, wishes: BrandingWishes, if_match: str | None) -> Response:
    """Put ``wishes`` in the place of the earlier ones; the logo stays."""
    version = version_of(if_match)
    fields = wishes.model_dump(mode="json")
    with caller.transaction() as session:
        row = stored.change(session, caller.tenant_id, client_id, fields, version=version)
        _log(session, caller, client_id, "changed")
        content = _shown(session, row, client_id)
    return changed_answer(content)


def remove(caller: Caller, client_id: UUID | None) -> None:
    """Remove all wishes and the logo."""
    with caller.transaction() as session:
        logo = stored.forget(session, client_id)
        _log(session, caller, client_id, "removed")
    stored.remove_logo_file(caller.services.blobs, logo)
    stored.remove_preview(caller.services.blobs, caller.tenant_id, client_id)


def put_logo(caller: Caller, client_id: UUID | None, content: bytes) -> Response:
    """Clean a logo, keep it, and answer with what was left out of it."""
    with caller.transaction() as session:
        stored.check_client(session, client_id)
    taken = cleaned(content)
    kept = stored.store_logo(caller.services.blobs, caller.tenant_id, client_id, taken.logo)
    return _change_logo(caller, client_id, kept, taken)


def remove_logo(caller: Caller, client_id: UUID | None) -> None:
    """Remove the logo."""
    with caller.transaction() as session:
        row = stored.held_row(session, caller.tenant_id, client_id)
        earlier = wishes_of(row).logo if row is not None else None
        if earlier is not None:
            stored.change(session, caller.tenant_id, client_id, stored.columns_of(None), version=None)
            _log(session, caller, client_id, "logo removed")
    stored.remove_logo_file(caller.services.blobs, earlier)


def logo(caller: Caller, request: Request, client_id: UUID | None) -> Response:
    """Answer with the cleaned logo itself."""
    with caller.transaction() as session:
        stored.check_client(session, client_id)
        row = stored.row_of(session, client_id)
    kept = wishes_of(row).logo if row is not None else None
    if kept is None:
        raise stored.LogoNotFoundError
    tag = f'"{kept.sha256[:32]}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag, **_LOGO_HEADERS})
    found = stored.read_logo(caller.services.blobs, kept, patience=PROMPT)
    if found is None:
        raise stored.LogoNotFoundError
    return Response(found.content, headers={"ETag": tag, **_LOGO_HEADERS}, media_type=found.media_type)


def preview(caller: Caller, client_id: UUID | None, wishes: BrandingWishes | None, language: str | None) -> Response:
    """Answer with a page in the look of reports, as it is or as it would be with other ``wishes``."""
    from shared.branding.preview import preview_page  # noqa: PLC0415 - Babel
    from shared.language.language import Language  # noqa: PLC0415 - Babel

    with caller.transaction() as session:
        stored.check_client(session, client_id)
        effective = stored.effective(session, client_id)
        if wishes is not None:
            row = stored.row_of(session, client_id)
            tenant = stored.effective(session, None) if client_id else Wishes()
            tried = Wishes(**wishes.model_dump(mode="json"), logo=wishes_of(row).logo if row is not None else None)
            effective = together((tried, tenant))
    picture = stored.read_logo(caller.services.blobs, effective.logo, patience=PROMPT) if effective.logo else None
    look = branding_of(effective, picture)
    page, policy = preview_page(look, Language.of(language or look.language))
    headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}
    return Response(page, headers=headers, media_type="text/html; charset=utf-8")


def order_preview(caller: Caller, client_id: UUID | None, language: str | None) -> Response:
    """Have a sample report made in the branding as it is; answer with the job."""
    arguments = {"client_id": str(client_id) if client_id else None, "language": language}
    with caller.transaction() as session:
        stored.check_client(session, client_id)
        job = add_job(session, PREVIEW_BRANDING, tenant_id=caller.tenant_id, arguments=arguments, trace_id=caller.trace_id)
        body = read_in(session, job_lists.reading(job.id))[0]
    publish_job(caller.services.publisher, caller.services.database, job)
    return json_answer(body, status_code=202, headers={"Location": ordering.job_path(job.id)})


def preview_file(caller: Caller, client_id: UUID | None) -> Response:
    """Answer with a short-lived link to the newest sample report."""
    with caller.transaction() as session:
        stored.check_client(session, client_id)
    path = branding_preview_path(caller.tenant_id, client_id)
    if caller.services.blobs.facts_of(path) is None:
        raise PreviewNotFoundError
    lifetime = timedelta(minutes=caller.services.settings.download_link_minutes)
    link = caller.services.blobs.download_link(
        path, file_name="preview.pdf", content_type="application/pdf", lifetime=lifetime
    )
    return Response(status_code=302, headers={"Location": link})


def _change_logo(caller: Caller, client_id: UUID | None, kept: StoredLogo, taken: CleanedLogo) -> Response:
    try:
        with caller.transaction() as session:
            row = stored.held_row(session, caller.tenant_id, client_id)
            earlier = wishes_of(row).logo if row is not None else None
            row = stored.change(session, caller.tenant_id, client_id, stored.columns_of(kept), version=None)
            _log(session, caller, client_id, "logo changed")
            content = _shown(session, row, client_id)
    except Exception:
        stored.remove_logo_file(caller.services.blobs, kept)
        raise
    stored.remove_logo_file(caller.services.blobs, earlier)
    return json_answer(
        {"removed": list(taken.removed), "branding": content}, headers={"ETag": version_tag(content["version"])}
    )


def _log(session: Session, caller: Caller, client_id: UUID | None, what: str) -> None:
    caller.log(session, AuditType.SETTINGS_CHANGED, Target("branding", client_id), details={"branding": what})


def _shown(session: Session, row: BrandingRow | None, client_id: UUID | None) -> dict[str, Any]:
    wishes = wishes_of(row) if row is not None else Wishes()
    effective = stored.effective(session, client_id)
    look = branding_of(effective)
    return {
        "wishes": {name: getattr(wishes, name) for name in BrandingWishes.model_fields},
        "logo": _logo_facts(wishes.logo),
        "effective": {
            "primary_colour": look.palette.primary,
            "accent_colour": look.palette.accent,
            "font": look.font.value,
            "title": look.title,
            "cover_text": look.cover_text,
            "footer": look.footer,
            "contact": look.contact,
            "language": look.language,
            "has_logo": effective.logo is not None,
        },
        "corrections": _corrections(look),
        "version": row.version if row is not None else 0,
        "updated_at": row.updated_at.isoformat() if row is not None else None,
    }


def _logo_facts(logo: StoredLogo | None) -> dict[str, Any] | None:
    if logo is None:
        return None
    return {name: getattr(logo, name) for name in ("media_type", "width", "height", "bytes", "sha256")}


def _corrections(look: Look) -> list[dict[str, str]]:
    return [
        {
            "field": f"{which}_colour",
            "wanted": wanted,
            "printed": printed,
            "reason": f"Text in this colour has less contrast to {_BACKGROUNDS[which]} than the 4.5 that WCAG 2.2 asks for.",
        }
        for which, wanted, printed in look.corrections
    ]
