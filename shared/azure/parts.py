"""What a fetch read of some subscriptions, and what it could not read."""

from dataclasses import dataclass, field

from shared.azure.put_aside import Rules
from shared.azure.spool import Batch


@dataclass(frozen=True)
class Refused:
    """A subscription that could not be read, and why."""

    subscription_id: str
    name: str
    code: str
    reason: str


@dataclass
class Part:
    """What was read of some subscriptions; its pages are JSON arrays of items, each with ``properties``."""

    names: dict[str, str]
    """Of each subscription that was read, by its id in lower case."""
    rules: Rules
    batch: Batch
    by_list: bool = False
    """Read from Advisor's own list, which knows neither filters nor tags."""
    expected: int = 0
    """Rows that Resource Graph said there are."""
    scores: Batch | None = None
    """Pages of scores, JSON arrays as well; ``None`` where they were not wanted."""


@dataclass
class Fetched:
    """All that was read, and what was not."""

    parts: list[Part] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    @property
    def read(self) -> int:
        """How many subscriptions were read."""
        return sum(len(part.names) for part in self.parts)

    @property
    def subscription_ids(self) -> list[str]:
        """Return the ids, in lower case, of those that were read."""
        return sorted(one for part in self.parts for one in part.names)

    @property
    def pages(self) -> int:
        """How many pages of recommendations were read."""
        return sum(part.batch.pages for part in self.parts)
