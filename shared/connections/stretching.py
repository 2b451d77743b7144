"""How often a password is stretched before it opens a private key.

The file says it itself, so whoever sends one decides how long it takes to read. Programs write some thousands, careful ones
up to a million; the most that the format has room for takes a processor many minutes.
"""

MOST_ROUNDS = 2_000_000
_INTEGER, _OCTETS, _SEQUENCE = 0x02, 0x04, 0x30
_CONSTRUCTED = 0x20
_DEEPEST = 16


def rounds_in(der: bytes, depth: int = 0) -> int:
    """Return the most rounds that DER names anywhere in the open, 0 where it names none or cannot be read.

    In all forms (PBES1, PBES2, the seal of PKCS 12, scrypt's cost) they are the integer that follows the salt.
    """
    most, before, place = 0, 0, 0
    while depth < _DEEPEST and (found := _next(der, place)) is not None:
        tag, content, place = found
        if tag == _INTEGER and before == _OCTETS:
            most = max(most, int.from_bytes(content, "big"))
        # Octets hold whatever they like: only what is one sequence from end to end is taken for one.
        if tag & _CONSTRUCTED or (tag == _OCTETS and _is_sequence(content)):
            most = max(most, rounds_in(content, depth + 1))
        before = tag
    return most


def _is_sequence(content: bytes) -> bool:
    found = _next(content, 0)
    return found is not None and found[0] == _SEQUENCE and found[2] == len(content)


def _next(der: bytes, place: int) -> tuple[int, bytes, int] | None:
    """Return tag and content of what stands at ``place``, and where it ends; ``None`` where nothing whole does."""
    if place + 2 > len(der):
        return None
    tag, length, begin = der[place], der[place + 1], place + 2
    if length & 0x80:
        size = length & 0x7F
        length, begin = int.from_bytes(der[begin : begin + size], "big"), begin + size
        if not 1 <= size <= 4:
            return None
    end = begin + length
    return (tag, der[begin:end], end) if end <= len(der) else None
