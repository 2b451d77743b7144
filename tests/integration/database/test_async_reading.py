"""Reads on the event loop: they outlive lost connections and callers who went away, and never wait for ever."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import psycopg
import pytest

from shared.database.async_reading import AsyncReader, PoolExhaustedError
from shared.services import Services
from shared.settings import Settings
from tests.integration.jobs.waiting import until

_PIDS = "select count(*) from pg_stat_activity where application_name like '%% reader' and pid = any(%s)"


@asynccontextmanager
async def _open(settings: Settings, *, patience_s: float = 5.0) -> AsyncIterator[AsyncReader]:
    reader = AsyncReader(settings, patience_s=patience_s)
    try:
        yield reader
    finally:
        reader.close()


async def _value(reader: AsyncReader, statement: str) -> object:
    row = await reader.fetch_one(statement, {})
    assert row is not None
    return row[0]


def _run(settings: Settings, promise: Callable[[AsyncReader], Awaitable[None]], *, patience_s: float = 5.0) -> None:
    async def run() -> None:
        async with _open(settings, patience_s=patience_s) as reader:
            await promise(reader)

    asyncio.run(run())


def test_a_connection_that_died_while_idle_is_replaced(settings: Settings, superuser: psycopg.Connection) -> None:
    async def promise(reader: AsyncReader) -> None:
        first = await _value(reader, "select pg_backend_pid()")
        superuser.execute("select pg_terminate_backend(%s, 5000)", [first])
        assert await _value(reader, "select pg_backend_pid()") != first

    _run(settings, promise)


def test_a_connection_that_dies_at_work_is_replaced_once(settings: Settings, superuser: psycopg.Connection) -> None:
    async def promise(reader: AsyncReader) -> None:
        pid = await _value(reader, "select pg_backend_pid()")
        asking = asyncio.create_task(_value(reader, "select pg_backend_pid() from pg_sleep(0.3)"))
        await asyncio.to_thread(_wait_until_asleep, superuser, pid)
        superuser.execute("select pg_terminate_backend(%s)", [pid])
        assert await asking != pid

    _run(settings, promise)


def test_a_caller_who_goes_away_leaves_no_answer_to_the_next(settings: Settings, superuser: psycopg.Connection) -> None:
    async def promise(reader: AsyncReader) -> None:
        pid = await _value(reader, "select pg_backend_pid()")
        asking = asyncio.create_task(_value(reader, "select 'of the first' from pg_sleep(60)"))
        await asyncio.to_thread(_wait_until_asleep, superuser, pid)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        answers = await asyncio.gather(*(_value(reader, f"select {number}") for number in range(12)))
        assert answers == list(range(12))

    _run(settings, promise)


def test_who_finds_all_connections_busy_is_told_in_time(settings: Settings) -> None:
    async def promise(reader: AsyncReader) -> None:
        busy = [asyncio.create_task(_value(reader, "select 1 from pg_sleep(60)")) for _ in range(4)]
        await asyncio.sleep(0)
        with pytest.raises(PoolExhaustedError):
            await _value(reader, "select 1")
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)
        assert await _value(reader, "select 1") == 1

    _run(settings, promise, patience_s=0.05)


def test_an_error_of_the_statement_costs_no_connection(settings: Settings) -> None:
    async def promise(reader: AsyncReader) -> None:
        pid = await _value(reader, "select pg_backend_pid()")
        with pytest.raises(psycopg.errors.DivisionByZero):
            await _value(reader, "select 1 / 0")
        assert await _value(reader, "select pg_backend_pid()") == pid

    _run(settings, promise)


def test_each_event_loop_has_connections_of_its_own_and_ended_loops_lose_theirs(
    settings: Settings, superuser: psycopg.Connection
) -> None:
    services = Services(settings)

    async def pid() -> object:
        return await _value(services.reader, "select pg_backend_pid()")

    first, second = asyncio.run(pid()), asyncio.run(pid())
    assert first != second
    services.close()
    assert _none_left(superuser, [first, second])


def _none_left(superuser: psycopg.Connection, pids: list[object]) -> bool:
    """Return whether the server has noticed that the connections are closed; it is given some seconds for it."""
    for pid in pids:
        superuser.execute("select pg_terminate_backend(%s, 5000)", [pid])
    row = superuser.execute(_PIDS, [pids]).fetchone()
    return row is not None and row[0] == 0


def _wait_until_asleep(superuser: psycopg.Connection, pid: object) -> None:
    asleep = "select exists (select from pg_stat_activity where pid = %s and wait_event = 'PgSleep')"
    until(lambda: superuser.execute(asleep, [pid]).fetchone() == (True,), "the server to be asleep")
