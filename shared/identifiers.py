"""Identifiers of everything that is stored: UUID version 7, ordered by the time they were made."""

from uuid import UUID

import uuid_utils.compat


def new_id() -> UUID:
    """Return a UUIDv7 (RFC 9562): unique, and later ids sort after earlier ones of the same process."""
    return uuid_utils.compat.uuid7()
