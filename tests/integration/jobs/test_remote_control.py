"""Workers answer questions that come through the broker, and obey nobody who comes that way."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from redis.exceptions import ConnectionError as BrokerLostError

from infra.local.valkey import Valkey
from tests.integration.jobs.conftest import StartWorker
from tests.integration.jobs.waiting import PATIENCE_S, until

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_a_worker_answers_questions_obeys_no_command_and_shows_no_secret(
    environment: dict[str, str], start_worker: StartWorker, pool: str
) -> None:
    worker = start_worker(pool=pool, queues=("priority",)).wait_ready()
    with _stranger(environment) as stranger:
        _asked(stranger, "ping")
        assert "priority" in str(_asked(stranger, "active_queues"))
        assert "debug_task" in str(_asked(stranger, "registered"))
        _show_no_secret(environment, "".join(str(_asked(stranger, what)) for what in ("conf", "report", "stats")))
        for command in ("shutdown", "pool_restart", "cancel_consumer", "objgraph"):
            answers = stranger.control.broadcast(command, reply=True, timeout=PATIENCE_S, limit=1)
            assert "answers questions only" in str(answers), command
        assert worker.process.poll() is None
        _asked(stranger, "ping")


def test_the_command_line_finds_a_worker_again_after_the_broker_was_away(
    environment: dict[str, str], own_broker: Valkey, start_worker: StartWorker
) -> None:
    at_broker = environment | {"BROKER_URL": own_broker.url()}
    start_worker(environment={"BROKER_URL": own_broker.url()}, queues=("priority",)).wait_ready()
    with _stranger(at_broker) as stranger:
        _asked(stranger, "ping")
    own_broker.kill()
    own_broker.start()
    with _stranger(at_broker) as stranger:
        _asked(stranger, "ping")
    command = [sys.executable, "-m", "celery", "-A", "worker.celery_app", "inspect", "active", "--timeout", "5"]
    done = subprocess.run(command, env=at_broker, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "1 node online" in done.stdout, done.stdout + done.stderr


@contextmanager
def _stranger(environment: dict[str, str]) -> Iterator[Celery]:
    """An application that is none of ours and knows the broker's address."""
    with Celery("somebody else", broker=environment["BROKER_URL"], set_as_current=False) as stranger:
        stranger.conf.broker_transport_options = {"sep": ":"}
        yield stranger


def _asked(stranger: Celery, what: str) -> Any:
    """Return what the worker answers, once it listens."""
    ask: Callable[[], Any] = getattr(stranger.control.inspect(timeout=2, limit=1), what)

    def answer() -> Any:
        try:
            return ask()
        except BrokerLostError:
            # One that was pooled before the broker went.
            return None

    return until(answer, f"an answer to {what}")


def _show_no_secret(environment: dict[str, str], shown: str) -> None:
    assert "broker_url" in shown
    broker_password = re.search(r":([^:@/]+)@", environment["BROKER_URL"])
    assert broker_password is not None
    for secret in (broker_password[1], environment["DB_PASSWORD"], environment["IDENTITY_HEADER"]):
        assert secret not in shown
