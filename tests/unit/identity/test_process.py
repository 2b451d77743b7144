"""A process has one credential; a forked child has its own."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from shared.identity import process
from shared.services import Services
from shared.settings import Environment, Settings

_REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def settings() -> Settings:
    return Settings(
        app_environment=Environment.TESTING,
        database_url="postgresql://front@127.0.0.1/reports",
        broker_url=SecretStr("redis://127.0.0.1/0"),
        storage_account_url="https://127.0.0.1:10000/account",
        azure_client_id="of this test alone",
    )


def test_everything_shares_one_credential(settings: Settings) -> None:
    assert process.credential(settings) is process.credential(settings.model_copy())
    assert Services(settings).credential is Services(settings).credential is process.credential(settings)


_FORK = """
import os
from pydantic import SecretStr
from shared.identity import process
from shared.settings import Environment, Settings

settings = Settings(
    app_environment=Environment.TESTING,
    database_url="postgresql://front@127.0.0.1/reports",
    broker_url=SecretStr("redis://127.0.0.1/0"),
    storage_account_url="https://127.0.0.1:10000/account",
)
mine = process.credential(settings)
if os.fork() == 0:
    print("shared" if process.credential(settings) is mine else "its own", flush=True)
else:
    os.wait()
    print("kept" if process.credential(settings) is mine else "lost")
"""


def test_a_forked_child_makes_its_own() -> None:
    done = subprocess.run([sys.executable, "-c", _FORK], capture_output=True, text=True, check=True, cwd=_REPOSITORY)
    assert done.stdout.split("\n")[:2] == ["its own", "kept"]
