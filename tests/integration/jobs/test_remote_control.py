"""Workers answer questions that come through the broker, and obey nobody who comes that way."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from celery import Celery

from infra.local.valkey import Valkey
from tests.integration.jobs.conftest import StartWorker
from tests.integration.jobs.waiting import until

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_a_worker_can_be_inspected(environment: dict[str, str], start_worker: StartWorker, pool: str) -> None:
    start_worker(pool=pool, queues=("priority",)).wait_ready()
    assert "pong" in _inspect(environment, "ping")
    assert "1 node online" in _inspect(environment, "active")
    assert "'name': 'priority'" in _inspect(environment, "active_queues")
    assert "debug_task" in _inspect(environment, "registered")


def test_the_configuration_that_is_shown_holds_no_secret(environment: dict[str, str], start_worker: StartWorker) -> None:
    start_worker(queues=("priority",)).wait_ready()
    shown = _inspect(environment, "conf") + _inspect(environment, "report") + _inspect(environment, "stats")
    assert "broker_url" in shown
    broker_password = re.search(r":([^:@/]+)@", environment["BROKER_URL"])
    assert broker_password is not None
    for secret in (broker_password[1], environment["DB_PASSWORD"], environment["IDENTITY_HEADER"]):
        assert secret not in shown


def test_no_command_stops_a_worker(environment: dict[str, str], start_worker: StartWorker) -> None:
    worker = start_worker(queues=("priority",)).wait_ready()
    with Celery("somebody else", broker=environment["BROKER_URL"], set_as_current=False) as stranger:
        stranger.conf.broker_transport_options = {"sep": ":"}
        until(lambda: stranger.control.ping(timeout=1), "the worker to listen")
        for command in ("shutdown", "pool_restart", "cancel_consumer", "objgraph"):
            answers = stranger.control.broadcast(command, reply=True, timeout=10, limit=1)
            assert "answers questions only" in str(answers), command
    assert worker.process.poll() is None
    assert "pong" in _inspect(environment, "ping")


def test_questions_are_answered_again_after_the_broker_was_away(
    environment: dict[str, str], own_broker: Valkey, start_worker: StartWorker
) -> None:
    at_broker = {"BROKER_URL": own_broker.url()}
    start_worker(environment=at_broker, queues=("priority",)).wait_ready()
    assert "pong" in _inspect(environment | at_broker, "ping")
    own_broker.kill()
    own_broker.start()
    until(lambda: "pong" in _inspect(environment | at_broker, "ping", check=False), "an answer")


def _inspect(environment: dict[str, str], what: str, *, check: bool = True) -> str:
    """Return what the command prints; where ``check``, once it found a worker that answers."""
    if check:
        return until(lambda: _asked(environment, what)[0], f"an answer to {what}")
    return _asked(environment, what)[1]


def _asked(environment: dict[str, str], what: str) -> tuple[str, str]:
    """Return what the command prints, if it found a worker, and what it prints in any case."""
    # The command waits this long for more workers, however soon the first one answers.
    command = [sys.executable, "-m", "celery", "-A", "worker.celery_app", "inspect", what, "--timeout", "2"]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    printed = done.stdout + done.stderr
    return printed if done.returncode == 0 else "", printed
