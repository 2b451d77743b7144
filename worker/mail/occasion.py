"""What letters are written from: the mail on its way, the installation, the reader's language and clock."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

import msgspec

from shared.language.language import Language
from shared.mail import links
from shared.mail.deliveries import Ready
from shared.reports import ReportType
from shared.scheduling.zones import zone_or_utc
from shared.settings import Settings


class NothingToTellError(Exception):
    """A mail has nothing to tell (any more); ``reason`` is one plain sentence."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Occasion(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Everything a letter may speak of, with the reader's own forms."""

    ready: Ready
    settings: Settings
    language: Language
    sender: str
    """The tenant's name."""
    client: str = ""
    """The client's name, where it is about one."""

    @property
    def event(self) -> Mapping[str, Any]:
        """The event's payload."""
        told: Mapping[str, Any] = self.ready.data.get("event", {})
        return told

    def text(self, name: str) -> str:
        """Return a text of the event, "" where it has none."""
        value = self.event.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        """Return a number of the event, 0 where it has none."""
        value = self.event.get(name)
        return value if isinstance(value, int) else 0

    def moment(self, value: str | datetime | None, *, names_zone: bool = True) -> str:
        """Return a moment by the reader's clock, "" for none."""
        if value is None:
            return ""
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        return self.language.moment(at, self._zone, names_zone=names_zone)

    def day(self, value: str | datetime) -> str:
        """Return a date by the reader's clock."""
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        return str(self.language.date(at.astimezone(self._zone).date()))

    @property
    def _zone(self) -> tzinfo:
        return UTC if self.ready.time_zone == "UTC" else zone_or_utc(self.ready.time_zone)

    def report_type(self, value: str) -> str:
        """Return the name of a type of reports."""
        try:
            return self.language.gettext(ReportType(value).title)
        except ValueError:
            return value

    @property
    def home(self) -> str:
        """The address of the installation."""
        return links.address_of(self.settings)
