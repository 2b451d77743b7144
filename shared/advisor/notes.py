"""What a reader wants its reader to know about an export that was read."""

from typing import NamedTuple


class ReadNote(NamedTuple):
    """A remark about an export as a whole: a stable code and one plain sentence."""

    code: str
    message: str
