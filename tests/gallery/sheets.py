"""Pages of PDFs as images: one page, or all of them on one sheet for looking over."""

from collections.abc import Sequence
from pathlib import Path

import pypdfium2
from PIL import Image


def pages_of(pdf: Path, numbers: Sequence[int] | None = None, *, width: int = 640) -> list[Image.Image]:
    """Return the pages with these numbers (from 0), or all, so many pixels wide."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        wanted = range(len(document)) if numbers is None else [number for number in numbers if number < len(document)]
        return [
            document[number].render(scale=width / document[number].get_width()).to_pil().convert("RGB") for number in wanted
        ]
    finally:
        document.close()


def sheet_of(pages: Sequence[Image.Image], *, columns: int, gap: int = 14) -> Image.Image:
    """Return the pages side by side, ``columns`` in a row, on a grey ground."""
    width, height = pages[0].size
    rows = -(-len(pages) // columns)
    sheet = Image.new("RGB", (columns * (width + gap) + gap, rows * (height + gap) + gap), "#c9ced4")
    for number, page in enumerate(pages):
        sheet.paste(page, (gap + number % columns * (width + gap), gap + number // columns * (height + gap)))
    return sheet


def save_small(image: Image.Image, path: Path) -> None:
    """Save as a PNG of few colours, which is a quarter of the size and looks the same."""
    image.quantize(colors=200, method=Image.Quantize.MEDIANCUT, kmeans=2, dither=Image.Dither.NONE).save(path, optimize=True)
