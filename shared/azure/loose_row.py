"""A row of Advisor's facts beside recommendations, read so that an odd one costs itself alone."""

from typing import Any

import msgspec


class LooseRow(msgspec.Struct):
    """A row of Resource Graph or of one of Advisor's own lists; whatever is no text or no object in it counts as empty."""

    id: Any = ""
    name: Any = ""
    type: Any = ""
    properties: Any = None

    def __post_init__(self) -> None:
        if not isinstance(self.id, str):
            self.id = ""
        if not isinstance(self.name, str):
            self.name = ""
        if not isinstance(self.type, str):
            self.type = ""
        if not isinstance(self.properties, dict):
            self.properties = {}
