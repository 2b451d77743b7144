"""The part of SVG that a logo needs: shapes, text, gradients, clips and masks, with values that lead nowhere else.

Names are those of SVG 2 (W3C). Left out on purpose: script, foreignObject, image, animation, filters (they can take any
time to draw), links, fonts, and everything that can load something.
"""

import re

SVG = "http://www.w3.org/2000/svg"
XLINK_HREF = "{http://www.w3.org/1999/xlink}href"

DRAWN = frozenset({"path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "use"})
ELEMENTS = DRAWN | {
    "svg", "g", "defs", "symbol", "tspan", "title", "desc", "linearGradient", "radialGradient", "stop", "clipPath", "mask",
}  # fmt: skip
UNWRAPPED = frozenset({"a", "switch"})
"""Elements whose content is drawn while they themselves mean nothing on paper."""

PROPERTIES = frozenset(
    {
        "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-opacity", "stroke-linecap", "stroke-linejoin",
        "stroke-miterlimit", "stroke-dasharray", "stroke-dashoffset", "opacity", "color", "stop-color", "stop-opacity",
        "clip-path", "clip-rule", "mask", "display", "visibility", "font-family", "font-size", "font-weight", "font-style",
        "text-anchor", "letter-spacing", "word-spacing", "dominant-baseline", "paint-order", "mask-type", "vector-effect",
    }
)  # fmt: skip
"""What may be said as an attribute or in CSS."""

ATTRIBUTES = PROPERTIES | {
    "id", "d", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "fx", "fy", "fr", "dx", "dy", "width",
    "height", "points", "transform", "gradientTransform", "gradientUnits", "spreadMethod", "offset", "clipPathUnits",
    "maskUnits", "maskContentUnits", "viewBox", "preserveAspectRatio", "pathLength", "textLength", "lengthAdjust", "rotate",
}  # fmt: skip

_ID = re.compile(r"[A-Za-z_][\w.\-]{0,99}")
_LOCAL_LINK = re.compile(r"#([A-Za-z_][\w.\-]{0,99})")
_PAINT_SERVER = re.compile(r"url\(\s*['\"]?#([A-Za-z_][\w.\-]{0,99})['\"]?\s*\)\s*([\w#(),.% ]{0,60})")
# Numbers, names, colours, paths, lists and transforms; no escapes, no quotation marks but those of font names.
_PLAIN = re.compile(r"[\w\s#%.,+\-()'\"]*")
_MAX_VALUE_CHARS = 200_000


def safe_value(name: str, value: str, id_prefix: str) -> str | None:
    """Return the value that attribute ``name`` may have, ids and what refers to them prefixed; ``None`` for none."""
    text = value.strip()
    if len(text) > _MAX_VALUE_CHARS:
        return None
    if name == "id":
        return id_prefix + text if _ID.fullmatch(text) else None
    if name == "href":
        match = _LOCAL_LINK.fullmatch(text)
        return f"#{id_prefix}{match[1]}" if match else None
    if "url" in text.lower():
        match = _PAINT_SERVER.fullmatch(text)
        if match is None or "url" in match[2].lower() or name not in {"fill", "stroke", "clip-path", "mask"}:
            return None
        return f"url(#{id_prefix}{match[1]}) {match[2]}".strip()
    return text if _PLAIN.fullmatch(text) else None
