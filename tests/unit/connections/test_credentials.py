"""A process keeps the credentials of connections; a forked child makes its own."""

import subprocess
import sys
from pathlib import Path

_REPOSITORY = Path(__file__).parents[3]
_FORK = """
import os
from pydantic import SecretStr
from shared.connections.credentials import credential_of
from shared.database.tables import AzureConnection
from shared.identifiers import new_id
from shared.services import Services
from shared.settings import Environment, Settings

services = Services(Settings(
    app_environment=Environment.TESTING,
    database_url="postgresql://front@127.0.0.1/reports",
    broker_url=SecretStr("redis://127.0.0.1/0"),
    storage_account_url="https://127.0.0.1:10000/account",
))
connection = AzureConnection(
    id=new_id(), tenant_id=new_id(), kind="workload_identity", directory_id=new_id(), application_id=new_id()
)
mine = credential_of(services, connection)
if os.fork() == 0:
    print("shared" if credential_of(services, connection) is mine else "its own", flush=True)
else:
    os.wait()
    print("kept" if credential_of(services, connection) is mine else "lost")
"""


def test_a_forked_child_makes_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FORK], cwd=_REPOSITORY, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split("\n") == ["its own", "kept", ""]
