"""The tick: does what is due, once, however many timers and clocks drive it."""

import logging
import time
from datetime import timedelta
from zlib import crc32

from sqlalchemy import Connection, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from shared.credential_health import gauges
from shared.database.tables import Tick
from shared.services import Services
from shared.telemetry import metrics
from shared.ticks.acts import Act, acts
from shared.ticks.drivers import Driver, driver_of

_log = logging.getLogger(__name__)

# Any constant will do; it keeps these locks apart from others of the same database.
_LOCK_CLASS = 731_058
# Timers do not fire to the millisecond: an act this near to its time is due.
_EARLY = 0.9
TIMER_SILENT_AFTER_S = 120.0
"""The worker's clock does what is the timer's where the timer has been silent for so long."""


def tick(services: Services, *, driver: str) -> dict[str, str]:
    """Do every act that is due and that nobody else is at, and return the result of each, by name.

    ``driver`` says who asked (a timer, a worker's clock) and is kept with the heartbeat. An act that fails is logged and
    kept as the result; the others are done all the same. Raises what SQLAlchemy raises where the database is away.
    """
    results: dict[str, str] = {}
    kind = driver_of(driver)
    timer_is_alive = _note_driver(services, kind)
    for act in acts(services.settings):
        if act.is_the_timers and kind is Driver.CLOCK and timer_is_alive:
            continue
        result = _do_alone(services, act, driver)
        if result is not None:
            results[act.name] = result
    _note_numbers(services)
    return results


def _note_driver(services: Services, kind: Driver) -> bool:
    """Write down that a driver is alive, and return whether the timer was within the last two minutes."""
    now = func.clock_timestamp()
    seen = {"last_started_at": now, "last_driver": kind.value}
    # Nobody's work hangs on the last heartbeat before a crash: not worth a wait for the disk.
    with services.system_database.across_tenants() as session:
        session.execute(text("set local synchronous_commit to off"))
        session.execute(
            insert(Tick).values(name=kind.value, **seen).on_conflict_do_update(index_elements=[Tick.name], set_=seen)
        )
        lately = now - timedelta(seconds=TIMER_SILENT_AFTER_S)
        alive = session.scalar(
            select(Tick.name).where(Tick.name == Driver.TIMER.value, Tick.last_started_at.between(lately, now))
        )
    metrics.ticked(kind.value, time.time())
    return alive is not None


def _note_numbers(services: Services) -> None:
    """Take down what this process's metrics say of the rows; each driver for itself, since each has metrics of its own."""
    try:
        gauges.note(services)
    except SQLAlchemyError as error:
        told = {"action": "numbers_not_noted", "error": type(error).__name__}
        _log.warning("the numbers of credentials could not be read", extra=told)


def _do_alone(services: Services, act: Act, driver: str) -> str | None:
    # A lock of the session rather than of a transaction: acts talk to the broker, and no transaction waits for that.
    lock = {"class": _LOCK_CLASS, "name": _lock_key(act.name)}
    with services.system_database.engine.connect() as connection:
        taken = connection.scalar(text("select pg_try_advisory_lock(:class, :name)"), lock)
        connection.commit()
        if not taken:
            return None
        try:
            if not _begin(connection, act, driver):
                return None
            result = _result_of(services, act)
            connection.execute(
                update(Tick).where(Tick.name == act.name).values(last_finished_at=func.clock_timestamp(), last_result=result)
            )
            connection.commit()
            return result
        finally:
            connection.rollback()
            connection.execute(text("select pg_advisory_unlock(:class, :name)"), lock)
            connection.commit()


def _begin(connection: Connection, act: Act, driver: str) -> bool:
    """Write the heartbeat if the act is due, and return whether it is."""
    now = func.clock_timestamp()
    early_enough = now - timedelta(seconds=act.every_s * _EARLY)
    # A start in the future was by a clock that has been set back since; it must not keep the act from being done.
    lately = Tick.last_started_at.between(early_enough, now)
    due = connection.scalar(select(Tick.name).where(Tick.name == act.name, lately)) is None
    if due:
        started = {"last_started_at": now, "last_driver": driver}
        connection.execute(
            insert(Tick).values(name=act.name, **started).on_conflict_do_update(index_elements=[Tick.name], set_=started)
        )
    connection.commit()
    return due


def _result_of(services: Services, act: Act) -> str:
    try:
        result = act.do(services)
    except Exception as error:  # noqa: BLE001  (one act must not stop the others; logged with its traceback)
        _log.exception("a recurring act failed", extra={"action": "tick_failed", "act": act.name})
        return f"failed: {type(error).__name__}"
    _log.debug("a recurring act was done", extra={"action": "tick_done", "act": act.name, "result": result})
    return result


def _lock_key(name: str) -> int:
    return crc32(name.encode()) & 0x7FFF_FFFF
