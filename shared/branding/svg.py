"""SVG logos: drawn anew from what is known to be harmless; everything else is left out and named."""

import re

from lxml import etree

from shared.branding.branding import Logo
from shared.branding.errors import LogoRefusedError
from shared.branding.logos import CleanedLogo
from shared.branding.svg_styles import Styles, declarations
from shared.branding.svg_vocabulary import ATTRIBUTES, DRAWN, ELEMENTS, SVG, UNWRAPPED, XLINK_HREF, safe_value

MAX_ELEMENTS = 20_000
MAX_DEPTH = 60
_MAX_REPEATS = 400
_LENGTH = re.compile(r"\s*(\d{1,7}(?:\.\d{1,6})?)\s*(?:px|pt|mm|cm|in|em)?\s*")
_NUMBER = r"(-?\d{1,7}(?:\.\d{1,9})?(?:e-?\d{1,2})?)"
_VIEW_BOX = re.compile(rf"\s*{_NUMBER}[\s,]+{_NUMBER}[\s,]+{_NUMBER}[\s,]+{_NUMBER}\s*", re.IGNORECASE)
_ID_PREFIX = "logo-"
"""Ids become the logo's own, so that it can stand inside a page that has such ids too."""


def cleaned_svg(content: bytes) -> CleanedLogo:
    """Return the drawing without scripts, links, embedded files and foreign markup; raises :class:`LogoRefusedError`."""
    root = _parsed(content)
    drawing = _Drawing(Styles.of(root))
    cleaned = drawing.copy_of(root)
    width, height, view_box = _size_of(root)
    cleaned.set("viewBox", view_box)
    cleaned.set("width", f"{width:g}")
    cleaned.set("height", f"{height:g}")
    _check_uses(cleaned)
    if not any(_name(element) in DRAWN for element in cleaned.iter()):
        raise LogoRefusedError(
            "The SVG file draws nothing that can be printed.",
            next_step="Export the logo as plain SVG with its shapes in it; pictures inside an SVG cannot be taken.",
        )
    written = etree.tostring(cleaned, encoding="utf-8", xml_declaration=False)
    logo = Logo(media_type="image/svg+xml", content=written, width=width, height=height)
    return CleanedLogo(logo, tuple(sorted(drawing.removed)))


def _parsed(content: bytes) -> etree._Element:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable("it is not written in UTF-8") from error
    # Entities are refused before any parser sees them: no file of another's, no text that grows a billionfold.
    if "<!ENTITY" in text:
        raise _unreadable("it defines entities")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, encoding="utf-8"
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _unreadable("it is not well-formed XML") from error
    if _name(root) != "svg":
        raise _unreadable("its outermost element is not svg")
    return root


def _unreadable(why: str) -> LogoRefusedError:
    return LogoRefusedError(
        f"The SVG file cannot be taken: {why}.", next_step="Export the logo as plain SVG and send it again."
    )


class _Drawing:
    """Copies elements that are known, counts them, and remembers the names of what it leaves out."""

    def __init__(self, styles: Styles) -> None:
        self._styles = styles
        self._count = 0
        self.removed: set[str] = set()

    def copy_of(self, element: etree._Element, depth: int = 0) -> etree._Element:
        self._count += 1
        if self._count > MAX_ELEMENTS or depth > MAX_DEPTH:
            raise LogoRefusedError(
                "The SVG file has too many elements for a logo.", next_step="Simplify the drawing, or send it as PNG."
            )
        name = _name(element)
        copy = etree.Element(f"{{{SVG}}}{'g' if name in UNWRAPPED else name}", nsmap={None: SVG} if depth == 0 else None)
        for attribute, value in self._attributes_of(element, name).items():
            copy.set(attribute, value)
        copy.text = element.text if name in {"text", "tspan", "title", "desc"} else None
        for child in element:
            if not isinstance(child.tag, str):
                continue  # comments, processing instructions
            child_name = _name(child)
            if child_name in ELEMENTS or child_name in UNWRAPPED:
                copied = self.copy_of(child, depth + 1)
                copied.tail = child.tail if name in {"text", "tspan"} else None
                copy.append(copied)
            elif child_name not in {"", "style", "metadata"}:
                self.removed.add(child_name)
        return copy

    def _attributes_of(self, element: etree._Element, name: str) -> dict[str, str]:
        given = {str(key): str(value) for key, value in element.attrib.items()}
        # As in CSS: attributes are weaker than rules, and rules weaker than the element's own style.
        found = {key: value for key, value in given.items() if key in ATTRIBUTES}
        found.update(self._styles.of_element(name, given.get("id", ""), given.get("class", "")))
        found.update(declarations(given.get("style", "")))
        if (target := given.get("href", given.get(XLINK_HREF))) is not None:
            found["href"] = target
        kept = {}
        for key, value in found.items():
            safe = safe_value(key, value, _ID_PREFIX)
            if safe is None:
                self.removed.add(key)
            else:
                kept[key] = safe
        self.removed.update(key for key in given if key.lower().startswith("on"))
        return kept


def _size_of(root: etree._Element) -> tuple[float, float, str]:
    """Return width and height in pixels and the view box."""
    box = _VIEW_BOX.fullmatch(root.get("viewBox", ""))
    if box is not None:
        width, height = float(box[3]), float(box[4])
        if 0 < width < 1e7 and 0 < height < 1e7:
            return width, height, " ".join(f"{float(number):g}" for number in box.groups())
    lengths = [_LENGTH.fullmatch(root.get(side, "")) for side in ("width", "height")]
    if lengths[0] is None or lengths[1] is None or not (float(lengths[0][1]) and float(lengths[1][1])):
        raise _unreadable("it has no size, neither a viewBox nor width and height")
    width, height = float(lengths[0][1]), float(lengths[1][1])
    return width, height, f"0 0 {width:g} {height:g}"


def _check_uses(root: etree._Element) -> None:
    """Raise where elements that are drawn again by ``use`` would come to too many, or would never end."""
    by_id = {element.get("id"): element for element in root.iter() if element.get("id")}
    sizes: dict[etree._Element, int] = {}
    open_elements: set[etree._Element] = set()

    def drawn(element: etree._Element) -> int:
        if element in sizes:
            return sizes[element]
        if element in open_elements or len(open_elements) > _MAX_REPEATS:
            raise _unreadable("an element contains itself, or repeats others in too long a row")
        open_elements.add(element)
        total = 1 + sum(drawn(child) for child in element)
        # Patterns, masks and clip paths lead on as well; Typst and browsers follow them all.
        for attribute in ("href", "fill", "stroke", "clip-path", "mask"):
            target = re.search(r"#([\w.\-]+)", element.get(attribute, ""))
            if target is not None and (found := by_id.get(target[1])) is not None:
                total += drawn(found)
        open_elements.discard(element)
        sizes[element] = total
        if total > MAX_ELEMENTS:
            raise _unreadable("it repeats its elements too often")
        return total

    drawn(root)


def _name(element: etree._Element) -> str:
    """Return the local name of an SVG element, ``""`` for elements of other vocabularies."""
    name = etree.QName(element)
    return name.localname if name.namespace in {SVG, None} else ""
