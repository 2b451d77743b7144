"""CSS in SVG files, as drawing programs write it: rules for classes, ids and elements, turned into attributes."""

import re
from collections.abc import Mapping

from lxml import etree

from shared.branding.svg_vocabulary import PROPERTIES, SVG

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{}@;]{1,2000})\{([^{}]{0,10000})\}")
_SELECTOR = re.compile(r"([A-Za-z]*)(?:([.#])([\w\-]+))?")
_MAX_CSS_CHARS = 200_000
_MAX_RULES = 2_000


class Styles:
    """The rules of a file's ``style`` elements; what is not a plain rule of known properties is passed over."""

    def __init__(self, rules: list[tuple[str, str, str, dict[str, str]]]) -> None:
        self._rules = rules

    @classmethod
    def of(cls, root: etree._Element) -> "Styles":
        """Return the rules of all ``style`` elements under ``root``."""
        css = "\n".join(element.text or "" for element in root.iter(f"{{{SVG}}}style", "style"))[:_MAX_CSS_CHARS]
        rules: list[tuple[str, str, str, dict[str, str]]] = []
        for match in _RULE.finditer(_COMMENT.sub(" ", css)):
            properties = declarations(match[2])
            for selector in match[1].split(","):
                parts = _SELECTOR.fullmatch(selector.strip())
                if parts and properties and len(rules) < _MAX_RULES:
                    rules.append((parts[1] or "", parts[2] or "", parts[3] or "", properties))
        return cls(rules)

    def of_element(self, name: str, element_id: str, classes: str) -> Mapping[str, str]:
        """Return the properties that an element gets: by its name, then its classes, then its id, as CSS weighs them."""
        found: dict[str, str] = {}
        if not self._rules:
            return found
        names = {".": set(classes.split()), "#": {element_id} - {""}}
        for kind in ("", ".", "#"):
            for element, mark, wanted, properties in self._rules:
                if mark == kind and element in {"", name} and (not mark or wanted in names[mark]):
                    found.update(properties)
        return found


def declarations(css: str) -> dict[str, str]:
    """Return the known properties of ``name: value; …``."""
    found = {}
    for declaration in css[:_MAX_CSS_CHARS].split(";"):
        name, colon, value = declaration.partition(":")
        if colon and (name := name.strip().lower()) in PROPERTIES:
            found[name] = value.replace("!important", "").strip()
    return found
