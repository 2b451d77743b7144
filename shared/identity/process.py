"""The one credential of a process, within reach of what cannot be handed one (Celery and kombu call us by name)."""

import os
import threading

from shared.identity.credential import create_credential
from shared.identity.token_cache import CachingCredential
from shared.settings import Settings

_lock = threading.Lock()
_made: dict[Settings, CachingCredential] = {}


def credential(settings: Settings) -> CachingCredential:
    """Return the credential that ``settings`` name, made on the first call in this very process.

    A forked child makes its own: neither locks nor connections to the identity service survive a fork.
    """
    found = _made.get(settings)
    if found is None:
        with _lock:
            found = _made.get(settings)
            if found is None:
                found = _made[settings] = CachingCredential(create_credential(settings))
    return found


def _forget() -> None:
    global _lock  # noqa: PLW0603 - the parent's may be held by a thread that the child does not have
    _lock = threading.Lock()
    _made.clear()


os.register_at_fork(after_in_child=_forget)
