"""A page that shows how reports will look: cover, headings, figures and links, in the language asked for.

It needs nothing but the branding itself, so that a change is seen at once, without a worker making a report.
"""

import base64
import hashlib
from decimal import Decimal
from html import escape

from shared.branding.branding import DEFAULT_TITLE, Branding, FontFamily
from shared.language.language import Language

SERIF_FONTS = frozenset({FontFamily.SOURCE_SERIF})

_SAMPLE_CLIENT = "Contoso"
_SAMPLE_AMOUNT = Decimal(48_250)
_SAMPLE_COUNT = 128


def preview_page(branding: Branding, language: Language) -> tuple[str, str]:
    """Return the page and the content security policy to serve it with: it runs and loads nothing."""
    style = _STYLE.format(
        font=f"'{branding.font.value}', {'Georgia, serif' if branding.font in SERIF_FONTS else 'system-ui, sans-serif'}",
        **{name: getattr(branding.palette, name) for name in branding.palette.__struct_fields__},
    )
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; sandbox"
    return _page(branding, language, style), policy


def _page(branding: Branding, language: Language, style: str) -> str:
    title = branding.title or language.gettext(DEFAULT_TITLE)
    figures = (
        (language.gettext("Recommendations"), language.number(_SAMPLE_COUNT)),
        (language.gettext("Potential savings a year"), language.whole_money(_SAMPLE_AMOUNT, "USD")),
    )
    heading = language.gettext("Executive summary")
    sample = language.gettext("This page shows sample figures in the look of your reports.")
    link = language.gettext("Links look like this.")
    parts = [
        f'<!doctype html><html lang="{language.tag}" dir="{language.direction}"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{style}</style></head><body>",
        f'<header><div class="wrap">{_logo(branding)}<p class="eyebrow">Azure Advisor</p>',
        f'<h1 dir="auto">{escape(title)}</h1><p class="client" dir="auto">{_SAMPLE_CLIENT}</p>',
        _words("cover-text", branding.cover_text),
        "</div></header>",
        f'<main class="wrap"><h2>{escape(heading)}</h2><dl>',
        *(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in figures),
        f"</dl><p>{escape(sample)} ",
        f'<a href="https://portal.azure.com">{escape(link)}</a></p>',
        "</main>",
        f'<footer class="wrap">{_words("contact", branding.contact)}{_words("foot", branding.footer)}</footer>',
        "</body></html>",
    ]
    return "".join(parts)


def _logo(branding: Branding) -> str:
    if branding.logo is None:
        return ""
    data = base64.b64encode(branding.logo.content).decode()
    return f'<p class="logo"><img alt="" src="data:{branding.logo.media_type};base64,{data}"></p>'


def _words(name: str, text: str) -> str:
    return f'<p class="{name}" dir="auto">{escape(text)}</p>' if text else ""


_STYLE = """
body {{ margin: 0; font: 1rem/1.55 {font}; color: #1b2733; background: #fff; overflow-wrap: anywhere; }}
.wrap {{ max-width: 50rem; margin: 0 auto; padding: 0 1.5rem; }}
header {{ background: {primary}; color: {on_primary}; border-bottom: .4rem solid {accent}; padding: 3rem 0; }}
.logo {{ display: inline-block; background: #fff; border-radius: .3rem; padding: .6rem .9rem; margin: 0 0 2rem; }}
.logo img {{ display: block; max-width: 15rem; max-height: 4rem; }}
.eyebrow {{ color: {accent_on_primary}; letter-spacing: .2em; text-transform: uppercase; font-size: .8rem; }}
h1 {{ font-size: 2.6rem; line-height: 1.2; margin: 1rem 0; }}
.client {{ font-size: 1.4rem; }} .client, .cover-text {{ color: {quiet_on_primary}; }}
.cover-text, .contact, .foot {{ white-space: pre-line; }}
h2 {{ color: {primary}; font-size: 1.7rem; margin: 2.5rem 0 1rem; }}
dl {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: 1rem; }}
dl div {{ background: #f5f7f9; border-top: 3px solid {accent}; padding: 1rem; }}
dt {{ font-size: .85rem; color: #586674; }} dd {{ margin: .3rem 0 0; font-size: 2rem; font-weight: 700; color: {primary}; }}
a {{ color: {accent}; }} a:focus-visible {{ outline: 3px solid {accent}; outline-offset: 2px; }}
footer {{ border-top: 1px solid #dde3e9; padding: 1rem 1.5rem 3rem; color: #586674; font-size: .9rem; }}
@media (prefers-color-scheme: dark) {{
  body {{ background: #10181f; color: #e4ebf0; }} h2, dd {{ color: #e4ebf0; }} dl div {{ background: #18232c; }}
  a {{ color: {accent_on_dark}; }} dt, footer {{ color: #a5b3bf; }}
}}
"""
