"""How long storage is waited for: briefly, promptly while a caller waits, patiently by jobs."""

from dataclasses import dataclass
from typing import Any

RETRY_PAUSE_S = 1
"""Between two tries."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one request to storage waits for a connection and for an answer, and how often it is tried again."""

    connect_s: float
    """Until connected and encrypted; also how long a part of a body may take to be taken."""
    read_s: float
    """Until the answer begins, and between its parts."""
    retries: int

    @property
    def options(self) -> dict[str, Any]:
        """What the SDK takes along with a call."""
        return {"connection_timeout": self.connect_s, "read_timeout": self.read_s, "retry_total": self.retries}


BRIEF = Patience(connect_s=3, read_s=3, retries=0)
"""One try, for a look whether storage lives and for what may be left undone."""
PROMPT = Patience(connect_s=3, read_s=5, retries=1)
"""While a caller waits: over a hiccup by a second try, yet told within some ten seconds that storage is silent: a connection
from before gets no answer (5 s), a pause (1 s), a new one is not taken (3 s)."""
PATIENT = Patience(connect_s=5, read_s=60, retries=3)
"""For jobs, whose files are big: silent storage holds them for minutes, after which they are tried again later."""
