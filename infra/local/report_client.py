"""A small client of the HTTP API: what a stranger's script would do to get a report."""

import re
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

import httpx

from shared.errors import AdvisorReportsError

_TERMINAL = {"completed", "failed", "cancelled"}
_ENDED = {"succeeded", "failed", "cancelled"}
_POLL_S = 0.2
_TIMEOUT_S = 60.0


class ApiRefusedError(AdvisorReportsError):
    """The HTTP API answered a request with an error."""

    code = "api_refused"


@dataclass(frozen=True)
class DownloadedFile:
    """A report file on disk and how long its download took."""

    path: Path
    seconds: float


class ReportClient:
    """Speaks to ``/api/v1`` with an API key; follows download links to storage without sending the key along."""

    def __init__(self, api: str, key: str, *, storage_ca_file: Path) -> None:
        self._api = httpx.Client(base_url=f"{api}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=_TIMEOUT_S)
        trust = ssl.create_default_context(cafile=str(storage_ca_file))
        self._storage = httpx.Client(verify=trust, timeout=_TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._api.close()
        self._storage.close()

    def create_client(self, name: str) -> str:
        """Create a client and return its id."""
        return str(self._json(self._api.post("/clients", json={"name": name}))["id"])

    def submit(self, export: Path, *, client_id: str, formats: Sequence[str], report_type: str = "detailed") -> str:
        """Upload ``export`` for a report and return the report's id."""
        with export.open("rb") as source:
            answer = self._api.post(
                "/reports",
                data={"client_id": client_id, "formats": list(formats), "report_type": report_type},
                files={"file": (export.name, source, "application/octet-stream")},
            )
        return str(self._json(answer)["report"]["id"])

    def connect_azure(self, name: str) -> dict[str, Any]:
        """Create a connection to Azure by the installation's own identity, test it, and return what the test found."""
        connection = self._json(self._api.post("/connections", json={"name": name, "kind": "managed_identity"}))
        job = self._json(self._api.post(f"/connections/{connection['id']}/test"))["job"]
        while job["state"] not in _ENDED:
            time.sleep(_POLL_S)
            job = self._json(self._api.get(f"/jobs/{job['id']}"))
        return {"id": connection["id"], **(job["result"] or {"success": False, "message": job["phase"]})}

    def statistics(self, connection_id: str) -> dict[str, Any]:
        """Return what a connection's subscriptions amount to at a glance."""
        return self._json(self._api.get(f"/connections/{connection_id}/statistics"))

    def order_live(self, connection_id: str, *, client_id: str, formats: Sequence[str]) -> str:
        """Order a report from what Azure says now and return its id."""
        wanted = {"client_id": client_id, "formats": list(formats), "live": {"connection_id": connection_id}}
        return str(self._json(self._api.post("/reports", json=wanted))["report"]["id"])

    def report(self, report_id: str) -> dict[str, Any]:
        """Return the report as it stands."""
        return self._json(self._api.get(f"/reports/{report_id}"))

    def wait(self, report_id: str, show: Callable[[str, int], None]) -> dict[str, Any]:
        """Return the report once it has ended; ``show`` is told phase and percentage meanwhile."""
        while True:
            report = self.report(report_id)
            show(report["phase"] or report["status"], int(report["progress"]))
            if report["status"] in _TERMINAL:
                return report
            time.sleep(_POLL_S)

    def download(self, report_id: str, file: dict[str, Any], folder: Path) -> DownloadedFile:
        """Save one of the report's files in ``folder`` under the name that storage gives it."""
        begun = time.monotonic()
        answer = self._api.get(f"/reports/{report_id}/files/{file['format']}/download")
        if answer.status_code != httpx.codes.FOUND:
            raise _refused(answer)
        folder.mkdir(parents=True, exist_ok=True)
        with self._storage.stream("GET", answer.headers["Location"]) as body:
            if body.status_code != httpx.codes.OK:
                body.read()
                raise _refused(body)
            path = folder / _file_name(body.headers.get("Content-Disposition", ""), file["file_name"])
            with path.open("wb") as target:
                for chunk in body.iter_bytes():
                    target.write(chunk)
        return DownloadedFile(path, time.monotonic() - begun)

    def _json(self, answer: httpx.Response) -> dict[str, Any]:
        if not answer.is_success:
            raise _refused(answer)
        body = answer.json()
        if not isinstance(body, dict):
            raise ApiRefusedError(f"{answer.request.url} answered something unexpected.")
        return body


def _refused(answer: httpx.Response) -> ApiRefusedError:
    try:
        problem = answer.json()
        reason = problem.get("detail") or problem.get("title") or answer.text
    except ValueError:
        reason = answer.text
    where = f"{answer.request.method} {answer.request.url.copy_with(query=None)}"
    return ApiRefusedError(f"{where} answered {answer.status_code}: {str(reason)[:500]}")


def _file_name(disposition: str, fallback: str) -> str:
    """Return the file name of a Content-Disposition header (RFC 6266), without any folder in it."""
    if (extended := re.search(r"filename\*=UTF-8''([^;]+)", disposition, re.IGNORECASE)) is not None:
        name = unquote(extended[1])
    elif (plain := re.search(r'filename="([^"]+)"', disposition)) is not None:
        name = plain[1]
    else:
        name = fallback
    return Path(name).name
