"""What Azure would give to containers: a certificate for storage, its container, and tokens.

``certificates`` writes an authority and a certificate for the storage emulator; ``container`` makes the container of uploads
and reports; ``serve`` answers for tokens as the managed identity endpoint does; ``check`` asks whether it does.
"""

import json
import os
import ssl
import sys
import threading
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import trustme

from tests.simulators.managed_identity import ManagedIdentityEndpoint

_PORT = 8081
_STORAGE = "https://storage.azure.com"
_API_VERSION = "2025-01-05"
# Made anew whenever the certificates' volume is.
_VALIDITY = timedelta(days=3650)


def write_certificates(folder: Path, host: str) -> None:
    """Write an authority and a certificate for ``host`` where there are none; the key is for whoever runs the emulator."""
    if (folder / "ca.pem").exists():
        return
    authority = trustme.CA()
    certificate = authority.issue_cert(host, not_after=datetime.now(UTC) + _VALIDITY)
    key = folder / "server.key"
    key.touch(mode=0o600)
    key.write_bytes(certificate.private_key_pem.bytes())
    (folder / "server.pem").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    # Last: whoever finds it finds the others.
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))


def create_container(account_url: str, name: str, ca_file: Path, endpoint: str, header: str) -> None:
    """Make the container ``name`` where it is missing."""
    asked = urllib.request.Request(  # noqa: S310
        f"{endpoint}?resource={_STORAGE}&api-version=2019-08-01", headers={"X-IDENTITY-HEADER": header}
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310
        token = json.load(answer)["access_token"]
    request = urllib.request.Request(  # noqa: S310
        f"{account_url.rstrip('/')}/{name}?restype=container",
        method="PUT",
        headers={"Authorization": f"Bearer {token}", "x-ms-version": _API_VERSION},
    )
    try:
        urllib.request.urlopen(request, context=ssl.create_default_context(cafile=str(ca_file)), timeout=10).close()  # noqa: S310
    except urllib.error.HTTPError as error:
        error.close()
        if error.code != HTTPStatus.CONFLICT:
            raise


def serve(header: str) -> None:
    """Answer for tokens until told to end; inside the containers' own network, for whoever knows ``header``."""
    endpoint = ManagedIdentityEndpoint(header=header)
    endpoint.start(host="0.0.0.0", port=_PORT)  # noqa: S104
    print("tokens are given out", flush=True)
    threading.Event().wait()


def main(arguments: list[str]) -> int:
    """Do what the one argument says and return the exit code."""
    match arguments:
        case ["certificates"]:
            write_certificates(Path(os.environ["CERTIFICATES_DIR"]), os.environ["STORAGE_HOST"])
        case ["container"]:
            create_container(
                os.environ["STORAGE_ACCOUNT_URL"],
                os.environ.get("STORAGE_CONTAINER", "advisor-reports"),
                Path(os.environ["STORAGE_CA_FILE"]),
                os.environ["IDENTITY_ENDPOINT"],
                os.environ["IDENTITY_HEADER"],
            )
        case ["serve"]:
            serve(os.environ["IDENTITY_HEADER"])
        case ["check"]:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{_PORT}/", timeout=3).close()
            except urllib.error.HTTPError as error:
                # It answers, and knows no such address.
                error.close()
        case _:
            print(__doc__, file=sys.stderr)
            return 64
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
