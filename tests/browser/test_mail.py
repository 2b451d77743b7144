"""Mails and the page on which people end them break no rule of WCAG 2.2 AA that a machine can check, and fit a telephone."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from shared.branding.branding import PLAIN, Branding
from shared.language.language import Language
from shared.mail import pages
from shared.mail.kinds import MailKind
from shared.mail.pages import Subscriptions
from tests.browser.conftest import violations
from tests.generators.mail_letters import branded, drawn
from worker.mail.message import picture_of


def _mail(kind: str, language: str, branding: Branding) -> str:
    page = drawn(kind, language, branding)[1]
    picture = picture_of(branding.logo)
    if picture is None:
        return page
    # Mail programs find the picture in the mail.
    return page.replace("cid:logo", "data:image/png;base64," + base64.b64encode(picture.png).decode())


def _unsubscribe() -> str:
    given = Subscriptions(
        "Fabrikam", "alex@example.com", MailKind.DIGEST, frozenset(), (MailKind.DIGEST, MailKind.REPORT_FAILED)
    )
    return pages.unsubscribe_page(Language.of("de"), branded(), given, "?t=a").html


# Of whole pages. A mail is a part of its reader's program, which has the landmarks.
_OF_PAGES = {"landmark-one-main", "region"}
WRITTEN: dict[str, Callable[[], str]] = {
    "report": lambda: _mail("report", "en", branded()),
    "alert": lambda: _mail("failed", "de", PLAIN),
    "digest": lambda: _mail("digest", "fr", branded()),
    "webhook": lambda: _mail("webhook", "nl", PLAIN),
    "unsubscribe": _unsubscribe,
    "ended": lambda: pages.notice_page(Language.of("it"), PLAIN, *pages.EXPIRED).html,
}


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_from_reading_it_on_a_desk_or_a_telephone(page: Page, tmp_path: Path, name: str, scheme: str) -> None:
    written = tmp_path / f"{name}.html"
    written.write_text(WRITTEN[name](), encoding="utf-8")
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(written.as_uri())
    for width in (1200, 320):
        page.set_viewport_size({"width": width, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        broken = violations(page, rules=10)
        is_whole = page.locator("main").count() == 1
        assert [rule for rule in broken if is_whole or rule[0] not in _OF_PAGES] == []
