"""The pages behind the links of mails: small, alone, readable by everybody, in the reader's language."""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from shared.branding.branding import DARK_PANEL, DARK_PAPER, PANEL, Branding
from shared.language.language import Language
from shared.language.marking import marked
from shared.language.tags import LANGUAGES, SOURCE_LANGUAGE
from shared.mail.kinds import MailKind

_KINDS = {
    MailKind.REPORT_DELIVERED: marked("Reports that are ready"),
    MailKind.REPORT_FAILED: marked("Reports that failed"),
    MailKind.CREDENTIAL_ALERT: marked("Problems with credentials"),
    MailKind.SCHEDULE_MISSED: marked("Missed schedules"),
    MailKind.WEBHOOK_DISABLED: marked("Disabled webhooks"),
    MailKind.DIGEST: marked("Digests"),
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page, and the policy under which browsers show it."""

    html: str
    policy: str


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """How it stands with the mails of one person."""

    sender: str
    address: str
    kind: MailKind
    """What the mail with the link was about."""
    ended: frozenset[str]
    all_kinds: tuple[MailKind, ...]


def unsubscribe_page(language: Language, branding: Branding, given: Subscriptions, action: str) -> Page:
    """Return the page on which a person ends mails, or lets them come again."""
    gettext = language.gettext
    kind = gettext(_KINDS[given.kind])
    has_ended_all = all(one in given.ended for one in given.all_kinds)
    has_ended = has_ended_all or given.kind in given.ended
    if has_ended_all:
        status = gettext("No more mails go from {sender} to {address}.", sender=given.sender, address=masked(given.address))
    elif has_ended:
        status = gettext("No more mails of this kind go to {address}: {kind}.", address=masked(given.address), kind=kind)
    else:
        status = gettext(
            "Do you want no more mails of this kind? They go to {address}: {kind}.",
            address=masked(given.address),
            kind=kind,
        )
    buttons = []
    if not has_ended:
        buttons.append(("kind", gettext("Unsubscribe from this kind"), ""))
    if not has_ended_all:
        buttons.append(("all", gettext("Unsubscribe from all mails"), "second" if not has_ended else ""))
    if has_ended:
        buttons.append(("again", gettext("Subscribe again"), "second"))
    heading = gettext("You are unsubscribed") if has_ended else gettext("Unsubscribe")
    content = _Content(given.sender, heading, (status,), tuple(buttons), action, is_status=has_ended)
    return _page(language, branding, content)


def notice_page(language: Language, branding: Branding, heading: str, sentences: Iterable[str], *, sender: str = "") -> Page:
    """Return a page that says why a link leads no further; ``heading`` and ``sentences`` are marked messages."""
    content = _Content(sender, language.gettext(heading), tuple(language.gettext(one) for one in sentences))
    return _page(language, branding, content)


INVALID = (
    marked("This link is not valid"),
    (
        marked("It was changed on its way, or what it leads to is no more."),
        marked("Open it exactly as it stands in the mail, or ask whoever sends you these mails for a new one."),
    ),
)
EXPIRED = (
    marked("This link has ended"),
    (
        marked("Links in mails end after some days, so that reports do not stay open for ever."),
        marked("Ask whoever sends you these reports for a new one."),
    ),
)


def masked(address: str) -> str:
    """Return an address so that its owner knows it and nobody else learns it."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def language_wanted(accept_language: str) -> Language:
    """Return the language that a browser asks for, as far as there are words in it."""
    for part in accept_language[:200].split(","):
        tag = part.partition(";")[0].strip().partition("-")[0].lower()
        if tag in LANGUAGES:
            return Language.of(tag)
    return Language.of(SOURCE_LANGUAGE)


@dataclass(frozen=True, slots=True)
class _Content:
    """What a page says; buttons are value, label and class."""

    sender: str
    heading: str
    sentences: tuple[str, ...]
    buttons: tuple[tuple[str, str, str], ...] = ()
    action: str = ""
    is_status: bool = False


def _page(language: Language, branding: Branding, content: _Content) -> Page:
    style = _style(branding)
    title = " - ".join(part for part in (content.heading, content.sender) if part)
    parts = [
        "<!doctype html>",
        f'<html lang="{escape(language.tag)}" dir="{language.direction}">',
        '<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="robots" content="noindex">\n<meta name="color-scheme" content="light dark">',
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>",
        f"<header>{escape(content.sender)}</header>" if content.sender else "",
        f"<main>\n<h1>{escape(content.heading)}</h1>",
        _sentences(content),
        _form(content),
        "</main>\n</body>\n</html>\n",
    ]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    return Page("\n".join(part for part in parts if part), policy)


def _sentences(content: _Content) -> str:
    text = "".join(f"<p>{escape(one)}</p>" for one in content.sentences)
    # Read out where the page comes as the answer to a button.
    return f'<div role="status">{text}</div>' if content.is_status else text


def _form(content: _Content) -> str:
    if not content.buttons:
        return ""
    buttons = "".join(
        f'<button name="act" value="{value}"{f" class={shape}" if shape else ""}>{escape(label)}</button>'
        for value, label, shape in content.buttons
    )
    return f'<form method="post" action="{escape(content.action)}">{buttons}</form>'


def _style(branding: Branding) -> str:
    palette = branding.palette
    return (
        "*{box-sizing:border-box}"
        f"body{{margin:0;background:{PANEL};color:#1b2733;font:1rem/1.5 'Segoe UI',Roboto,Arial,sans-serif}}"
        f"header{{background:{palette.primary};color:{palette.on_primary};font-weight:600;font-size:1.15rem;"
        "padding:1rem 1.5rem}"
        "main{max-width:36rem;margin:1.5rem auto;padding:1.5rem;background:#fff;border-radius:.5rem}"
        "h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem}p{margin:0 0 1rem;overflow-wrap:anywhere}"
        "form{display:flex;flex-wrap:wrap;gap:.75rem}"
        f"button{{font:inherit;font-weight:600;padding:.7rem 1.25rem;border-radius:.375rem;"
        f"border:2px solid {palette.accent};background:{palette.accent};color:#fff;cursor:pointer;min-height:2.75rem}}"
        f"button.second{{background:transparent;color:{palette.accent}}}"
        f"button:focus-visible{{outline:3px solid {palette.accent};outline-offset:3px}}"
        "@media (max-width:40rem){main{margin:0;border-radius:0}button{width:100%}}"
        f"@media (prefers-color-scheme:dark){{body{{background:{DARK_PAPER};color:#e6edf3}}main{{background:{DARK_PANEL}}}"
        f"button{{background:{palette.accent_on_dark};border-color:{palette.accent_on_dark};color:{DARK_PAPER}}}"
        f"button.second{{color:{palette.accent_on_dark}}}button:focus-visible{{outline-color:{palette.accent_on_dark}}}}}"
    )
