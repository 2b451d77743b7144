"""The content of a report as the Typst templates want it: plain text, ready to print."""

import base64
from itertools import pairwise
from typing import Any

from shared.advisor.vocabulary import Impact
from shared.branding.branding import Branding
from shared.branding.wishes import MAX_CONTACT_CHARS, MAX_COVER_TEXT_CHARS, MAX_FOOTER_CHARS
from shared.language.language import Language
from worker.reports import terms
from worker.reports.breaking import breakable, breaker_of_names, unbroken_words
from worker.reports.cover_facts import cover_facts
from worker.reports.document import ReportContent
from worker.reports.pdf_parts import PartWriter
from worker.reports.report_types import OUTLINES
from worker.reports.wording import isolated, shortened

MAX_OUTLINED_GROUPS = 90
"""More headings than these would make the contents longer than what it leads to: then only categories are listed."""

# Of few headings and few resources the contents would be a page for a handful of lines, to find what one sees by leafing.
_MAX_LINES_WITHOUT_CONTENTS = 8
_MAX_LISTED_WITHOUT_CONTENTS = 60

_LOGO_NAME = "logo.svg"


def typst_data(content: ReportContent) -> dict[str, Any]:
    """Return the templates' ``data.json``, without the font families, which the child process adds."""
    facts = content.facts
    language = Language.of(facts.language)
    is_brief = OUTLINES[facts.report_type].is_brief
    type_title = language.gettext(terms.TYPE_TITLES[facts.report_type])
    group_total = sum(len(section.groups) for section in content.sections)
    writer = PartWriter(content, language)
    breakable_name = breaker_of_names(language.tag)
    return {
        "language": language.tag.partition("-")[0],
        "region": language.tag.partition("-")[2],
        "is_brief": is_brief,
        "eyebrow": "Azure Advisor",
        "document_title": f"{facts.title} – {facts.client_name}",
        "description": language.gettext(
            "{type}: Azure Advisor recommendations for {client}", type=type_title, client=facts.client_name
        ),
        "title": breakable_name(unbroken_words(shortened(facts.title, 160))),
        "title_size": 42 if len(facts.title) <= 40 else 32 if len(facts.title) <= 80 else 24,
        "client": breakable_name(shortened(facts.client_name, 200)),
        "client_size": 22 if len(facts.client_name) <= 50 else 15,
        "date": language.date(facts.created_at.date()),
        "cover_facts": [(name, breakable_name(value)) for name, value in cover_facts(content, language)],
        "header_left": isolated(shortened(facts.client_name, 60)),
        "header_right": isolated(shortened(facts.title, 60)),
        "footer_left": isolated(shortened(facts.branding.footer, MAX_FOOTER_CHARS))
        or language.date(facts.created_at.date()),
        "has_contents": not is_brief
        and (
            len(content.parts) + group_total > _MAX_LINES_WITHOUT_CONTENTS or content.listed > _MAX_LISTED_WITHOUT_CONTENTS
        ),
        "outline_depth": 2 if group_total <= MAX_OUTLINED_GROUPS else 1,
        "parts": [writer.part(part, before) for before, part in pairwise((None, *content.parts)) if part is not None],
    }


def _has_contents(content: ReportContent, group_total: int) -> bool:
    lines = len(content.parts) + group_total
    return lines > _MAX_LINES_WITHOUT_CONTENTS or content.listed > _MAX_LISTED_WITHOUT_CONTENTS


def typst_setting(content: ReportContent) -> dict[str, Any]:
    """Return the templates' ``setting.json``: words and colours, apart from the data so that they are read at once."""
    language = Language.of(content.facts.language)
    return {
        "words": _words(language),
        "brand": _brand(content.facts.branding),
        "logo_alt": language.gettext("Logo of the company that made this report"),
    }


def _words(language: Language) -> dict[str, Any]:
    """Return the words that stand in the templates' own places."""
    return {
        "contents": language.gettext("Contents"),
        # Left as it is: the page numbers are put in when the pages are known.
        "page_of": language.gettext("Page {page} of {pages}"),
        "resource": language.gettext("Resource"),
        "place": language.gettext("Subscription and resource group"),
        "impact": language.gettext("Impact"),
        "savings": language.gettext("Savings a year"),
        "updated": language.gettext("Updated"),
        "alternative": language.gettext("alternative, not counted"),
        "not_estimated": language.gettext("not estimated"),
        "benefit": language.gettext("Benefit:"),
        "learn_more": language.gettext("Microsoft documentation"),
        "impacts": {impact.value: language.gettext(terms.IMPACT_LABELS[impact]) for impact in Impact},
    }


def _brand(branding: Branding) -> dict[str, Any]:
    palette = branding.palette
    return {
        "primary": palette.primary,
        "accent": palette.accent,
        "on_primary": palette.on_primary,
        "quiet_on_primary": palette.quiet_on_primary,
        "accent_on_primary": palette.accent_on_primary,
        "cover_text": breakable(shortened(branding.cover_text, MAX_COVER_TEXT_CHARS)),
        "contact": breakable(shortened(branding.contact, MAX_CONTACT_CHARS)),
        "logo": _LOGO_NAME if branding.logo else "",
        "logo_ratio": branding.logo.width / branding.logo.height if branding.logo else 1,
    }


def logo_of(branding: Branding) -> dict[str, str]:
    """Return the logo as a file for the compiler, by its name; empty where there is none.

    It is always SVG: the compiler takes no files from memory but texts, so a PNG logo is put into an SVG image.
    """
    logo = branding.logo
    if logo is None:
        return {}
    if logo.media_type == "image/svg+xml":
        return {_LOGO_NAME: logo.content.decode()}
    size = f'width="{logo.width:g}" height="{logo.height:g}"'
    picture = f'<image {size} href="data:{logo.media_type};base64,{base64.b64encode(logo.content).decode()}"/>'
    return {_LOGO_NAME: f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{picture}</svg>'}
