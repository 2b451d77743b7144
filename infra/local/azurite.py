"""Blob storage, and queues where tests want them: Azurite over TLS with bearer tokens, as the product meets Azure."""

import base64
import datetime as dt
import os
import secrets
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import trustme

from infra.local import node, ports
from infra.local.processes import START_TIMEOUT_S, Child, ProcessGroup, ServerFailedError

ACCOUNT = "advisorlocal"
_API_VERSION = "2025-01-05"
_SCRIPTS = Path(__file__).parent / "node_modules" / "azurite" / "dist" / "src"
_VALIDITY = dt.timedelta(days=365)


@dataclass
class Azurite:
    """One server of one ``service``, blob or queue; its data and certificates live in ``folder``."""

    group: ProcessGroup
    folder: Path
    port: int
    service: str = "blob"
    # Shared-key access exists in the emulator whatever one does: nobody gets to know the key.
    _key: str = field(default_factory=lambda: base64.b64encode(secrets.token_bytes(64)).decode())
    child: Child | None = None

    @property
    def url(self) -> str:
        """The address of the storage account."""
        return f"https://{ports.HOST}:{self.port}/{ACCOUNT}"

    @property
    def ca_file(self) -> Path:
        """The certificate of the authority that clients have to trust."""
        return self.folder / "tls" / "ca.pem"

    def start(self) -> None:
        """Start and return once it accepts connections."""
        script = _SCRIPTS / self.service / "main.js"
        if not script.exists():
            raise ServerFailedError("Azurite is not installed.", next_step="Run `make install`.")
        self._make_certificates()
        data = self.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        command: list[str | Path] = [
            node.find().node,
            script,
            f"--{self.service}Host",
            ports.HOST,
            f"--{self.service}Port",
            str(self.port),
            "--location",
            data,
        ]
        command += ["--cert", self.folder / "tls" / "server.pem", "--key", self.folder / "tls" / "server.key"]
        command += ["--oauth", "basic", "--skipApiVersionCheck", "--disableTelemetry", "--silent"]
        environment = {**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{self._key}"}
        self.child = self.group.spawn(
            "azurite" if self.service == "blob" else "azurite queues",
            command,
            environment=environment,
            folder=data,
            grace_s=4.0,
        )
        self.child.wait_until(lambda: ports.answers(self.port), timeout_s=START_TIMEOUT_S)

    def create_container(self, name: str, token: str) -> None:
        """Make the container ``name`` where it is missing, as the templates do in Azure.

        By hand rather than by the SDK, whose import alone would take longer than all servers do to start.
        """
        request = urllib.request.Request(  # noqa: S310
            f"{self.url}/{name}?restype=container",
            method="PUT",
            headers={"Authorization": f"Bearer {token}", "x-ms-version": _API_VERSION},
        )
        trust = ssl.create_default_context(cafile=str(self.ca_file))
        try:
            urllib.request.urlopen(request, context=trust, timeout=START_TIMEOUT_S).close()  # noqa: S310
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != HTTPStatus.CONFLICT:
                raise ServerFailedError(f"Blob storage refused to make the container {name}: {error}") from error

    def _make_certificates(self) -> None:
        folder = self.folder / "tls"
        folder.mkdir(parents=True, exist_ok=True)
        authority = trustme.CA()
        certificate = authority.issue_cert(ports.HOST, "localhost", not_after=dt.datetime.now(dt.UTC) + _VALIDITY)
        # The key is made again at each start, and only its owner may read it.
        key = folder / "server.key"
        key.unlink(missing_ok=True)
        key.touch(mode=0o600)
        key.write_bytes(certificate.private_key_pem.bytes())
        (folder / "server.pem").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
        authority.cert_pem.write_to_path(str(self.ca_file))
