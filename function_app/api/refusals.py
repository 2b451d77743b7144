"""Keys that are refused, and what the audit log keeps of who tries them."""

import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from shared.audit.actor import Actor
from shared.audit.log import Target, log_auth_event
from shared.audit.types import AuditType, Result
from shared.database.reading import holder_of_ended_key
from shared.database.session import Database

_log = logging.getLogger(__name__)

# Whoever guesses keys must not fill the log: an address is told of once a minute, and so many addresses at most.
_EACH_S = 60.0
_MOST_ADDRESSES = 100


@dataclass(frozen=True, slots=True)
class RefusedKey:
    """A key that nobody holds, or holds no longer, and where it came from."""

    key_hash: bytes
    prefix: str
    ip: str | None
    user_agent: str | None


@dataclass
class _Address:
    told_at: float
    untold: int = 0


class Refusals:
    """What this process refused lately, by address."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._addresses: OrderedDict[str | None, _Address] = OrderedDict()

    def note(self, database: Database, refused: RefusedKey) -> None:
        """Write an entry on a refused key; those from the same address within a minute are counted in the next entry."""
        untold = self._take(refused.ip)
        if untold is None:
            return
        try:
            _write(database, refused, untold)
        except SQLAlchemyError:
            # The caller is refused all the same.
            _log.exception("a refused key could not be recorded", extra={"action": "refusal_not_recorded"})

    def _take(self, ip: str | None) -> int | None:
        """Return how many refusals of the address no entry tells of yet, or ``None`` where another is too early."""
        now = time.monotonic()
        with self._lock:
            known = self._addresses.get(ip)
            if known is not None and now - known.told_at < _EACH_S:
                known.untold += 1
                return None
            while self._addresses and now - next(iter(self._addresses.values())).told_at >= _EACH_S:
                self._addresses.popitem(last=False)
            if len(self._addresses) >= _MOST_ADDRESSES:
                return None
            self._addresses[ip] = _Address(now)
            return known.untold if known is not None else 0


def _write(database: Database, refused: RefusedKey, untold: int) -> None:
    details = {"key": refused.prefix, "refused_before": untold}
    with Session(database.engine) as session, session.begin():
        ended = holder_of_ended_key(session, refused.key_hash)
        if ended is None:
            # Nobody knows whose key it is meant to be, so the entry is of no tenant.
            nobody = Actor(None, ip=refused.ip, user_agent=refused.user_agent)
            told = {**details, "reason": "unknown"}
            log_auth_event(session, None, AuditType.SIGN_IN_FAILED, nobody, result=Result.FAILURE, details=told)
    if ended is not None:
        actor = Actor(ended.key_name, ended.key_id, refused.ip, refused.user_agent)
        with database.tenant(ended.tenant_id) as session:
            log_auth_event(
                session,
                ended.tenant_id,
                AuditType.SIGN_IN_FAILED,
                actor,
                target=Target("key", ended.key_id, ended.key_name),
                result=Result.FAILURE,
                details={**details, "reason": ended.reason},
            )
