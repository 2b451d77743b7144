"""The settings of one process: read from the environment once, typed, validated, frozen.

Every process of the product (front, workers, timers, command line, migrations) reads the same names the same way. Nothing
has a fallback that changes what the product is: a missing database is an error, never another database.
"""

from shared.settings.model import CredentialKind, Settings
from shared.settings.profiles import Environment
from shared.settings.reading import get, load

__all__ = ["CredentialKind", "Environment", "Settings", "get", "load"]
