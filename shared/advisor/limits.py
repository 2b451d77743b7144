"""How much an export may hold before it is refused."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReadLimits:
    """The bounds within which an export is read; what passes one is refused with the name of the bound."""

    max_bytes: int = 200 * 1024 * 1024
    """Size of the file as it lies on disk."""
    max_rows: int = 2_000_000
    """Data rows of one export, accepted and rejected together."""
    max_cell_chars: int = 100_000
    """Longest cell. Advisor's longest texts have some thousand characters and an Excel cell holds 32,767: three times
    that is no recommendation any more."""
    max_inflated_bytes: int = 2 * 1024 * 1024 * 1024
    """Size of a gzip file once inflated, ten times what may come uncompressed."""
    max_inflate_ratio: int = 200
    """Inflated bytes per compressed byte. Advisor JSON compresses to a thirtieth at best, a bomb to a thousandth."""
