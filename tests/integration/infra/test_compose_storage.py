"""Storage as compose arranges it: a certificate of its own, tokens of a stand-in, and links under a name of this machine."""

import base64
import io
import os
import secrets
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import yaml
from pydantic import SecretStr

from infra.compose import stand_ins
from infra.local import node, places, ports
from infra.local.processes import ProcessGroup
from shared.services import Services
from shared.settings import Environment, Settings
from tests.integration.jobs.waiting import PATIENCE_S
from tests.simulators.managed_identity import ManagedIdentityEndpoint

COMPOSE = yaml.safe_load((places.REPOSITORY / "docker-compose.yml").read_text())
ACCOUNT_URL = urlsplit(COMPOSE["services"]["front"]["environment"]["STORAGE_ACCOUNT_URL"])


@pytest.fixture
def names_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names below ``localhost`` lead here, as they do in browsers and, by an alias, inside the containers' network."""
    ask: Any = socket.getaddrinfo

    def find(host: str, *args: Any, **kwargs: Any) -> Any:
        return ask(ports.HOST if str(host).endswith(".localhost") else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", find)


@pytest.fixture
def identity(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    endpoint = ManagedIdentityEndpoint()
    endpoint.start()
    for name, value in endpoint.environment.items():
        monkeypatch.setenv(name, value)
    yield endpoint.environment
    endpoint.stop()


def test_files_go_up_by_token_and_come_down_by_link(
    names_of_this_machine: None, identity: dict[str, str], tmp_path: Path
) -> None:
    stand_ins.write_certificates(tmp_path, str(ACCOUNT_URL.hostname))
    first = (tmp_path / "ca.pem").read_bytes()
    stand_ins.write_certificates(tmp_path, str(ACCOUNT_URL.hostname))
    assert (tmp_path / "ca.pem").read_bytes() == first, "a second start must not change whom others trust"
    group, port = ProcessGroup(), ports.choose()
    arguments = [part.replace("/certificates", str(tmp_path)) for part in COMPOSE["services"]["azurite"]["command"][1:]]
    arguments = [part.replace("0.0.0.0", ports.HOST).replace("/data", str(tmp_path / "data")) for part in arguments]
    script = places.REPOSITORY / "infra" / "local" / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
    key = base64.b64encode(secrets.token_bytes(64)).decode()
    server = group.spawn(
        "azurite",
        [node.find().node, script, *arguments, "--blobPort", str(port), "--silent"],
        environment={**os.environ, "AZURITE_ACCOUNTS": f"advisorlocal:{key}"},
        folder=tmp_path,
    )
    url = f"https://{ACCOUNT_URL.hostname}:{port}"
    try:
        server.wait_until(lambda: ports.answers(port), timeout_s=PATIENCE_S)
        for _ in range(2):
            stand_ins.create_container(
                url, "advisor-reports", tmp_path / "ca.pem", identity["IDENTITY_ENDPOINT"], identity["IDENTITY_HEADER"]
            )
        services = Services(
            Settings(
                app_environment=Environment.DEVELOPMENT,
                db_host="nowhere",
                db_name="nothing",
                broker_url=SecretStr("redis://127.0.0.1:9/0"),
                storage_account_url=url,
                storage_ca_file=tmp_path / "ca.pem",
            )
        )
        services.blobs.upload("a/b", io.BytesIO(b"report"), content_type="text/plain")
        link = services.blobs.download_link(
            "a/b", file_name="b.txt", content_type="text/plain", lifetime=timedelta(minutes=5)
        )
        trust = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        assert httpx.get(link, verify=trust).content == b"report"
        services.close()
    finally:
        group.stop()
