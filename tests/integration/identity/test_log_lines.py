"""What is written when the identity service is away: the product's own line, and no other."""

import subprocess
import sys

from infra.local import places, ports
from tests.integration.jobs.waiting import PATIENCE_S

# A real credential of azure-identity, refused by an address where nobody listens.
_ASKING = """
import logging
from azure.identity import ManagedIdentityCredential
from shared import settings
from shared.identity.token_cache import CachingCredential, TokenUnavailableError
from shared.telemetry import logs

logs.configure(settings.get())
credential = CachingCredential(ManagedIdentityCredential(retry_total=0))
for _ in range(2):
    try:
        credential.get_token("https://storage.azure.com/.default")
    except TokenUnavailableError as error:
        logging.getLogger("advisor").warning("no token", extra={"code": error.code})
"""


def test_a_token_that_is_not_had_costs_one_line_each_time(environment: dict[str, str]) -> None:
    nobody = f"http://{ports.HOST}:{ports.choose()}/msi/token"
    asked = subprocess.run(
        [sys.executable, "-c", _ASKING],
        env={**environment, "IDENTITY_ENDPOINT": nobody, "IDENTITY_HEADER": "x"},
        cwd=places.REPOSITORY,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    lines = asked.stderr.splitlines()
    assert len(lines) == 2, asked.stderr
    assert all("no token" in line and "advisor" in line for line in lines)
