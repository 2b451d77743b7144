"""The Message-ID of a mail: the same at every attempt, and what the relay's reports name it by."""

import re
from uuid import UUID

_FORM = re.compile(r"<?([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\.([0-9a-f]{32})@[^\s@<>]{1,255}>?", re.ASCII)


def message_id_of(tenant_id: UUID, delivery_id: UUID, sender: str) -> str:
    """Return the Message-ID of a delivery, in the domain that mail comes from."""
    return f"<{delivery_id}.{tenant_id.hex}@{sender.rpartition('@')[2]}>"


def named_by(message_id: str) -> tuple[UUID, UUID] | None:
    """Return tenant and delivery that a Message-ID names, ``None`` where it is none of ours."""
    match = _FORM.fullmatch(message_id.strip())
    return (UUID(match[2]), UUID(match[1])) if match else None
