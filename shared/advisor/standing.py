"""Where a recommendation stands: open, or put aside by somebody in Azure."""

from enum import StrEnum


class Standing(StrEnum):
    """What the portal would do with a recommendation: it shows those that are active and leaves the others out."""

    ACTIVE = "active"
    DISMISSED = "dismissed"
    """Somebody dismissed it for good."""
    POSTPONED = "postponed"
    """Somebody put it off; it is active again from a moment on."""
    EXCLUDED = "excluded"
    """A setting of its subscription or resource group leaves it out, not a decision about this one."""
