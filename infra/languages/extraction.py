"""Find every message in the code and the templates."""

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir

ROOT = Path(__file__).resolve().parents[2]

_METHODS = [("**.py", "infra.languages.python_calls:extract"), ("**.html", "jinja2")]
_FOLDERS = ("shared", "worker")
KEYWORDS = {
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "marked": None,
    "marked_plural": (1, 2),
}


def messages() -> Catalog:
    """Return every message with the comments for translators above it ("Translators: …")."""
    catalogue = Catalog(project="Azure Advisor Reports", charset="utf-8")
    for folder in _FOLDERS:
        found = extract_from_dir(
            str(ROOT / folder), _METHODS, keywords=KEYWORDS, comment_tags=["Translators:"], strip_comment_tags=False
        )
        for _, _, message, comments, context in found:
            catalogue.add(message, auto_comments=comments, context=context)
    return catalogue
