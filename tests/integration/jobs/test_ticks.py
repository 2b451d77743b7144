"""Ticks: what is due is done, once, whoever drives."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from shared.database.tables import IdempotencyRecord, Tick, Upload
from shared.services import Services
from shared.ticks import tick as ticking
from shared.ticks.acts import Act
from shared.ticks.tick import tick
from tests.integration.jobs.waiting import PATIENCE_S, until
from worker.clock import Clock


def test_tick_does_what_is_due_and_keeps_a_heartbeat(services: Services) -> None:
    assert {"sweep", "uploads", "retention"} <= set(tick(services, driver="a timer"))
    with services.system_database.across_tenants() as session:
        row = session.get_one(Tick, "sweep")
        assert row.last_driver == "a timer"
        assert row.last_finished_at is not None
        assert row.last_started_at is not None
        assert row.last_finished_at >= row.last_started_at


def test_second_tick_in_a_row_finds_nothing_due(services: Services) -> None:
    tick(services, driver="a timer")
    with services.system_database.across_tenants() as session:
        # However long that took.
        session.execute(update(Tick).values(last_started_at=func.now()))
    assert tick(services, driver="another timer") == {}


def test_two_drivers_at_once_do_each_act_once(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    started, together = Event(), Barrier(2)
    done: list[str] = []

    def slow(_services: Services) -> str:
        done.append("done")
        until(started.is_set, "the other driver to have come and gone")
        return "slow"

    monkeypatch.setattr(ticking, "acts", lambda _settings: (Act("slow act", 0.0, slow),))

    def drive(driver: str) -> dict[str, str]:
        together.wait()
        result = tick(services, driver=driver)
        started.set()
        return result

    with ThreadPoolExecutor(2) as threads:
        results = list(threads.map(drive, ["one", "two"]))
    assert sorted(map(len, results)) == [0, 1]
    assert done == ["done"]


def test_act_that_fails_does_not_stop_the_others(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_services: Services) -> str:
        raise ValueError

    both = (Act("failing act", 60.0, fail), Act("other act", 60.0, lambda _services: "well"))
    monkeypatch.setattr(ticking, "acts", lambda _settings: both)
    assert tick(services, driver="a timer") == {"failing act": "failed: ValueError", "other act": "well"}


def test_retention_removes_answers_that_served_their_time(services: Services, tenant: UUID) -> None:
    with services.database.tenant(tenant) as session:
        for key, expires_at in (("old", func.now() - timedelta(days=1)), ("recent", func.now() + timedelta(days=1))):
            record = {"request_hash": b"", "status_code": 202, "headers": {}, "body": {}, "expires_at": expires_at}
            session.add(IdempotencyRecord(tenant_id=tenant, key=key, **record))
    tick(services, driver="a timer")
    with services.database.tenant(tenant) as session:
        assert list(session.scalars(select(IdempotencyRecord.key))) == ["recent"]


def test_uploads_nobody_used_in_time_are_removed_with_their_files(services: Services, tenant: UUID) -> None:
    over, running = func.now() - timedelta(hours=1), func.now() + timedelta(hours=1)
    for name, expires_at in (("over", over), ("running", running)):
        services.blobs.upload(f"{tenant}/uploads/{name}", io.BytesIO(b"x"), content_type="text/csv")
        with services.database.tenant(tenant) as session:
            path = f"{tenant}/uploads/{name}"
            session.add(Upload(tenant_id=tenant, file_name=name, blob_path=path, state="received", expires_at=expires_at))
    tick(services, driver="a timer")
    assert list(services.blobs.paths_under(f"{tenant}/")) == [f"{tenant}/uploads/running"]
    with services.database.tenant(tenant) as session:
        assert list(session.scalars(select(Upload.file_name))) == ["running"]


def test_clock_ticks_until_it_is_stopped(services: Services) -> None:
    clock = Clock(services)
    clock.start()
    until(lambda: _driver(services) == "worker clock", "the clock to tick")
    # What is left of its tick must not meet the next test's.
    clock.stop(wait_s=PATIENCE_S)


def _driver(services: Services) -> str | None:
    with services.system_database.across_tenants() as session:
        row = session.get(Tick, "sweep")
        return row.last_driver if row and row.last_started_at else None


def test_workers_clock_leaves_schedules_to_the_timer_until_that_is_silent(services: Services) -> None:
    assert "schedules" in tick(services, driver="worker clock")
    with services.system_database.across_tenants() as session:
        session.execute(update(Tick).values(last_started_at=None))
    assert "schedules" in tick(services, driver="functions timer, late")
    two_minutes = func.now() - timedelta(seconds=121)
    with services.system_database.across_tenants() as session:
        session.execute(update(Tick).where(Tick.name != "functions timer").values(last_started_at=two_minutes))
    assert "schedules" not in tick(services, driver="worker clock")
    with services.system_database.across_tenants() as session:
        session.execute(update(Tick).values(last_started_at=two_minutes))
    assert "schedules" in tick(services, driver="worker clock")


def test_act_is_done_though_its_last_start_lies_in_the_future(services: Services) -> None:
    tick(services, driver="a timer")
    with services.system_database.across_tenants() as session:
        session.execute(update(Tick).values(last_started_at=func.now() + timedelta(days=1)))
    assert "sweep" in tick(services, driver="a timer")
