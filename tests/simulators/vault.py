"""Key Vault over TLS on loopback: secrets with their versions for whoever brings a token for it, and faults on demand.

The first answer is the challenge that tells a client where to get a token (learn.microsoft.com, "Authentication, requests
and responses"). Secrets are set, read, listed, changed, deleted, recovered and purged as the REST API (version 7.x) has it:
deleting takes a while, a deleted name is taken until it is purged, and a disabled version is not given out.
"""

import json
import re
import secrets as randomness
import ssl
import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import jwt
import trustme

from tests.simulators.listening import JsonHandler, QuietServer
from tests.simulators.tokens import DIRECTORY_ID

RESOURCE = "https://vault.azure.net"
# https://learn.microsoft.com/azure/key-vault/general/service-limits
_MAX_VALUE_BYTES = 25 * 1024
_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")


@dataclass
class Version:
    """One version of a secret."""

    name: str
    version: str
    value: str
    content_type: str | None
    tags: dict[str, str]
    enabled: bool = True
    expires: int | None = None
    created: int = field(default_factory=lambda: int(time.time()))


class RefusedError(Exception):
    """The vault says no."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"code": code, "message": message}}


class KeyVault:
    """A running vault; ``let_in`` and ``refused`` count requests."""

    def __init__(self, ca: trustme.CA) -> None:
        self.let_in = 0
        self.refused = 0
        self.secrets: dict[str, list[Version]] = {}
        self.deleted: dict[str, list[Version]] = {}
        self.purged: list[str] = []
        self.deleting_takes = 0
        """How many questions after a deleted secret are answered as if it was not deleted yet."""
        self.purge_protection = False
        self.fault: HTTPStatus | None = None
        """Status with which every request is answered."""
        self.forbidden: set[str] = set()
        """Acts (``get``, ``set``, ``delete``, ``purge``, ``list``, ``update``) that the caller's role lacks."""
        self._lock = threading.Lock()
        vault = self

        class Handler(JsonHandler):
            def do_GET(self) -> None:  # noqa: N802 - the name is given
                self._serve("GET")

            def do_PUT(self) -> None:  # noqa: N802 - the name is given
                self._serve("PUT")

            def do_PATCH(self) -> None:  # noqa: N802 - the name is given
                self._serve("PATCH")

            def do_POST(self) -> None:  # noqa: N802 - the name is given
                self._serve("POST")

            def do_DELETE(self) -> None:  # noqa: N802 - the name is given
                self._serve("DELETE")

            def _serve(self, method: str) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or "0"))
                if not _is_valid(self.headers.get("Authorization", "")):
                    vault.refused += 1
                    challenge = f'Bearer authorization="https://login.example/{DIRECTORY_ID}", resource="{RESOURCE}"'
                    self.answer_json(HTTPStatus.UNAUTHORIZED, {"error": {"code": "Unauthorized"}}, challenge)
                    return
                vault.let_in += 1
                self.answer_json(*vault.answer(method, urlsplit(self.path).path, json.loads(body or b"{}")))

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert("localhost").configure_cert(context)
        self._server = QuietServer(("127.0.0.1", 0), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://localhost:{self._server.server_port}"

    def start(self) -> None:
        """Listen."""
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def values(self) -> list[str]:
        """Return every value that lies in the vault, also of deleted secrets."""
        return [version.value for kept in (self.secrets, self.deleted) for each in kept.values() for version in each]

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[HTTPStatus, dict[str, Any]]:
        """Return status and body for a request."""
        if self.fault is not None:
            return self.fault, {"error": {"code": "Fault", "message": "As the test wants it."}}
        collection, _, rest = path.strip("/").partition("/")
        name, _, rest = rest.partition("/")
        with self._lock:
            try:
                if collection == "secrets":
                    return HTTPStatus.OK, self._of_secrets(method, name, rest, body)
                if collection == "deletedsecrets":
                    return self._of_deleted(method, name, rest)
            except RefusedError as refused:
                return refused.status, refused.body
        return HTTPStatus.NOT_FOUND, {"error": {"code": "NotFound"}}

    def _of_secrets(self, method: str, name: str, rest: str, body: dict[str, Any]) -> dict[str, Any]:
        match method, name, rest:
            case "GET", "", "":
                self._allow("list")
                return {"value": [self._described(versions[-1]) for versions in self.secrets.values()], "nextLink": None}
            case "PUT", _, "":
                self._allow("set")
                return self._bundle(self._set(name, body))
            case "GET", _, "versions":
                self._allow("list")
                return {"value": [self._described(version) for version in self._kept(name)], "nextLink": None}
            case "GET", _, _:
                self._allow("get")
                version = self._version(name, rest)
                if not version.enabled:
                    text = "Operation get is not allowed on a disabled secret."
                    raise RefusedError(HTTPStatus.FORBIDDEN, "Forbidden", text)
                return self._bundle(version)
            case "PATCH", _, _:
                self._allow("update")
                version = self._version(name, rest)
                version.enabled = body.get("attributes", {}).get("enabled", version.enabled)
                return self._described(version)
            case "DELETE", _, "":
                self._allow("delete")
                self.deleted[name] = self._kept(name)
                del self.secrets[name]
                return self._deleted_bundle(name)
        raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, "BadParameter", "No such act.")

    def _of_deleted(self, method: str, name: str, rest: str) -> tuple[HTTPStatus, dict[str, Any]]:
        if name not in self.deleted:
            raise RefusedError(HTTPStatus.NOT_FOUND, "SecretNotFound", f"Deleted secret not found: {name}")
        if self.deleting_takes > 0:
            self.deleting_takes -= 1
            if method == "GET":
                raise RefusedError(HTTPStatus.NOT_FOUND, "SecretNotFound", f"Deleted secret not found: {name}")
            raise RefusedError(HTTPStatus.CONFLICT, "Conflict", "Secret is currently being deleted.")
        match method, rest:
            case "GET", "":
                return HTTPStatus.OK, self._deleted_bundle(name)
            case "POST", "recover":
                self.secrets[name] = self.deleted.pop(name)
                return HTTPStatus.OK, self._described(self.secrets[name][-1])
            case "DELETE", "":
                if self.purge_protection:
                    text = 'Operation "purge" is not allowed because purge protection is enabled for this vault.'
                    raise RefusedError(HTTPStatus.FORBIDDEN, "Forbidden", text)
                self._allow("purge")
                del self.deleted[name]
                self.purged.append(name)
                return HTTPStatus.NO_CONTENT, {}
        raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, "BadParameter", "No such act.")

    def _set(self, name: str, body: dict[str, Any]) -> Version:
        if not _NAME.fullmatch(name):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "BadParameter", "The name is not valid.")
        if name in self.deleted:
            text = f"Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused."
            raise RefusedError(HTTPStatus.CONFLICT, "Conflict", text)
        if len(body["value"].encode()) > _MAX_VALUE_BYTES:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "BadParameter", "The value is too long.")
        version = Version(
            name,
            randomness.token_hex(16),
            body["value"],
            body.get("contentType"),
            body.get("tags") or {},
            expires=body.get("attributes", {}).get("exp"),
        )
        self.secrets.setdefault(name, []).append(version)
        return version

    def _kept(self, name: str) -> list[Version]:
        if name not in self.secrets:
            raise RefusedError(HTTPStatus.NOT_FOUND, "SecretNotFound", f"A secret with (name/id) {name} was not found.")
        return self.secrets[name]

    def _version(self, name: str, version: str) -> Version:
        found = [each for each in self._kept(name) if version in ("", each.version)]
        if not found:
            raise RefusedError(HTTPStatus.NOT_FOUND, "SecretNotFound", f"A secret with (name/id) {name} was not found.")
        return found[-1]

    def _allow(self, act: str) -> None:
        if act in self.forbidden:
            text = f"Caller is not authorized to perform action on resource. Action: Microsoft.KeyVault/vaults/secrets/{act}"
            raise RefusedError(HTTPStatus.FORBIDDEN, "Forbidden", text)

    def _described(self, version: Version) -> dict[str, Any]:
        attributes = {"enabled": version.enabled, "created": version.created, "updated": version.created}
        if version.expires is not None:
            attributes["exp"] = version.expires
        return {
            "id": f"{self.url}/secrets/{version.name}/{version.version}",
            "contentType": version.content_type,
            "attributes": {**attributes, "recoveryLevel": "Recoverable+Purgeable", "recoverableDays": 90},
            "tags": version.tags,
        }

    def _bundle(self, version: Version) -> dict[str, Any]:
        return {**self._described(version), "value": version.value}

    def _deleted_bundle(self, name: str) -> dict[str, Any]:
        now = int(time.time())
        described = self._described(self.deleted[name][-1])
        recovery = {
            "recoveryId": f"{self.url}/deletedsecrets/{name}",
            "deletedDate": now,
            "scheduledPurgeDate": now + 86_400,
        }
        return {**described, **recovery}


def _is_valid(authorization: str) -> bool:
    kind, _, token = authorization.partition(" ")
    if kind != "Bearer":
        return False
    # Who signed it is the concern of those who issue; here it has to be for this service, and of today.
    claims = jwt.decode(token, options={"verify_signature": False})
    return bool(claims["aud"] == RESOURCE and claims["exp"] > time.time())
