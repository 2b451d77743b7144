"""A logo is only a picture, whatever was in the file that it came from."""

import io
import struct

import pytest
from PIL import Image, PngImagePlugin

from shared.branding.errors import LogoRefusedError
from shared.branding.logos import MAX_LOGO_BYTES, cleaned

NS = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
SHAPE = '<path d="M0 0h10v10z"/>'


def _svg(inside: str, *, attributes: str = 'viewBox="0 0 100 50"', head: str = "") -> bytes:
    return f"{head}<svg {NS} {attributes}>{inside}</svg>".encode()


def _cleaned(inside: str) -> str:
    return cleaned(_svg(SHAPE + inside)).logo.content.decode()


def _png(size: tuple[int, int] = (40, 20), **options: object) -> bytes:
    written = io.BytesIO()
    Image.new("RGBA", size, (200, 10, 10, 128)).save(written, format="PNG", **options)
    return written.getvalue()


@pytest.mark.parametrize(
    ("inside", "gone"),
    [
        ("<script>alert(1)</script>", "script"),
        ("<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'>x</body></foreignObject>", "foreignObject"),
        ("<image href='https://evil.example/x.png'/>", "image"),
        ("<image href='data:image/png;base64,AAAA'/>", "image"),
        ("<rect width='1' height='1' onload='alert(1)'/>", "onload"),
        ("<use xlink:href='https://evil.example/a.svg#b'/>", "href"),
        ("<use href='data:image/svg+xml,x#b'/>", "href"),
        ("<rect width='1' height='1' fill='url(https://evil.example/a)'/>", "fill"),
        ("<rect width='1' height='1' style='fill:url(//evil.example/a)'/>", "fill"),
        ("<rect width='1' height='1' style='fill:u\\72l(//evil.example/a)'/>", "fill"),
        ("<animate attributeName='href' to='javascript:alert(1)'/>", "animate"),
        ("<filter id='f'><feImage href='https://evil.example'/></filter>", "filter"),
        ("<set attributeName='onclick' to='alert(1)'/>", "set"),
    ],
)
def test_what_could_act_or_load_is_left_out_and_named(inside: str, gone: str) -> None:
    found = cleaned(_svg(SHAPE + inside))
    text = found.logo.content.decode()
    assert gone in found.removed
    assert not any(word in text for word in ("evil", "alert", "script", "data:", "onload", "foreignObject"))
    assert "M0 0h10v10z" in text


def test_links_are_dropped_and_their_content_is_kept() -> None:
    text = _cleaned("<a xlink:href='javascript:alert(1)'><circle r='3'/></a>")
    assert "<circle" in text
    assert "javascript" not in text
    assert "<a" not in text


def test_styles_of_drawing_programs_become_attributes() -> None:
    css = "<style>@import url(//evil.example); .a,.b{fill:#f00;behavior:url(x)} #c{stroke:#00f} rect{opacity:.5}</style>"
    text = _cleaned(f"{css}<rect id='c' class='a' width='2' height='2'/><circle class='b' r='1' style='fill:#0f0'/>")
    assert 'fill="#f00"' in text
    assert 'stroke="#00f"' in text
    assert 'opacity=".5"' in text
    assert 'fill="#0f0"' in text
    assert "evil" not in text
    assert "style" not in text


def test_ids_become_the_logos_own_wherever_they_are_used() -> None:
    text = _cleaned(
        "<defs><linearGradient id='g'><stop offset='0' stop-color='red'/></linearGradient></defs>"
        "<rect width='1' height='1' fill='url(#g)'/><g id='h'><circle r='1'/></g><use xlink:href='#h'/>"
    )
    assert 'id="logo-g"' in text
    assert 'fill="url(#logo-g)"' in text
    assert 'href="#logo-h"' in text


def test_markup_of_other_vocabularies_is_left_out() -> None:
    text = _cleaned("<x:evil xmlns:x='urn:x' onload='1'>t</x:evil><!-- c --><?php evil ?><metadata>m</metadata>")
    assert not any(word in text for word in ("evil", "<!--", "<?", "metadata"))


@pytest.mark.parametrize(
    "content",
    [
        _svg(SHAPE, head='<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        _svg("&b;", head='<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'),
        _svg(SHAPE).decode().encode("utf-16"),
        _svg(SHAPE)[:-3],
        _svg(""),
        _svg("<image href='x.png'/>"),
        _svg(SHAPE, attributes=""),
        _svg("<g>" * 100 + SHAPE + "</g>" * 100),
        _svg(SHAPE * 20_001),
        _svg("<g id='a'><use href='#a'/><path d='M0 0'/></g>"),
        _svg(
            "<g id='a0'><path d='M0 0'/></g>"
            + "".join(f"<g id='a{n}'>" + f"<use href='#a{n - 1}'/>" * 9 + "</g>" for n in range(1, 9))
        ),
        _svg("<path id='a0' d='M0 0'/>" + "".join(f"<use id='a{n}' href='#a{n - 1}'/>" for n in range(1, 5000))),
        b"<html><body>hello</body></html>",
        b"<html><svg></svg></html>",
        b"GIF89a",
        b"",
        b" " * (MAX_LOGO_BYTES + 1),
    ],
)
def test_a_file_that_cannot_be_a_logo_is_refused_with_a_next_step(content: bytes) -> None:
    with pytest.raises(LogoRefusedError) as caught:
        cleaned(content)
    assert caught.value.next_step


def test_a_document_type_alone_is_no_reason_to_refuse() -> None:
    head = '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    logo = cleaned(_svg(SHAPE, head=head, attributes='width="30mm" height="10mm"')).logo
    assert (logo.width, logo.height, logo.media_type) == (30, 10, "image/svg+xml")
    assert b"DOCTYPE" not in logo.content


def test_cleaning_a_clean_logo_changes_nothing_but_prefixes() -> None:
    once = cleaned(_svg(SHAPE + "<g fill='red'><text x='1'>A<tspan dy='2'>B</tspan>C</text></g>")).logo.content
    assert cleaned(once).logo.content == once


def test_a_picture_is_written_anew_without_what_else_the_file_held() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "secret place")
    given = _png(pnginfo=notes, exif=b"Exif\x00\x00secret")
    assert b"secret" in given
    logo = cleaned(given + b"trailing secret").logo
    assert (logo.media_type, logo.width, logo.height) == ("image/png", 40, 20)
    assert b"secret" not in logo.content


def test_a_large_picture_is_made_to_fit() -> None:
    logo = cleaned(_png((3200, 400))).logo
    assert (logo.width, logo.height) == (1600, 200)


def _claiming(width: int, height: int) -> bytes:
    given = bytearray(_png())
    given[16:24] = struct.pack(">II", width, height)
    return bytes(given)


@pytest.mark.parametrize(
    "content",
    [_claiming(60_000, 60_000), _claiming(0, 10), _claiming(8_000, 8_000), _claiming(41, 20), _png()[:60], _png()[:12]],
)
def test_a_picture_that_is_damaged_or_far_too_large_is_refused_before_it_takes_memory(content: bytes) -> None:
    with pytest.raises(LogoRefusedError):
        cleaned(content)
