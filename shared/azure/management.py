"""Azure Resource Manager, through the pipeline of Microsoft's SDKs: tokens, retries, traces, errors as sentences."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from azure.core import PipelineClient
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError
from azure.core.pipeline.policies import (
    BearerTokenCredentialPolicy,
    CustomHookPolicy,
    DistributedTracingPolicy,
    HeadersPolicy,
    RequestIdPolicy,
    RetryPolicy,
    UserAgentPolicy,
)
from azure.core.rest import HttpRequest

from shared.azure.errors import AzureServiceError, error_of, refusal_of
from shared.identity import scopes
from shared.settings import Settings

_TIMES: dict[str, Any] = {"connection_timeout": 5, "read_timeout": 20}
# More pages than any list of subscriptions has: a service that repeats itself must not keep a worker for ever.
_MOST_PAGES = 500
_HTTPS = 443


class ManagementClient:
    """Azure Resource Manager for one credential; safe to share between threads. Use it in a ``with`` block."""

    def __init__(self, settings: Settings, credential: TokenCredential, *, retries: int = 3) -> None:
        self._url = settings.azure_management_url
        verify = settings.azure_management_ca_file
        policies = [
            RequestIdPolicy(),
            HeadersPolicy({"Accept": "application/json"}),
            UserAgentPolicy("azure-advisor-reports"),
            RetryPolicy(retry_total=retries, retry_backoff_factor=0.5, retry_backoff_max=10),
            BearerTokenCredentialPolicy(credential, scopes.management(self._url)),
            CustomHookPolicy(),
            DistributedTracingPolicy(),
        ]
        options = {**_TIMES, **({} if verify is None else {"connection_verify": str(verify)})}
        self._client: PipelineClient[Any, Any] = PipelineClient(self._url, policies=policies, **options)

    def __enter__(self) -> "ManagementClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, *, asked_for: str, **params: str) -> dict[str, Any]:
        """Return the JSON object at ``path``; ``asked_for`` completes "Azure could not …" where it fails.

        Raises :class:`~shared.azure.errors.AzureCallError`.
        """
        return self._send(HttpRequest("GET", self._url + path, params=params), asked_for)

    def post(self, path: str, body: Mapping[str, Any], *, asked_for: str, **params: str) -> dict[str, Any]:
        """Return the JSON object that ``path`` answers to ``body``; otherwise as :meth:`get`."""
        return self._send(HttpRequest("POST", self._url + path, params=params, json=body), asked_for)

    def items(self, path: str, *, asked_for: str, **params: str) -> Iterator[dict[str, Any]]:
        """Yield the items of a list, page by page; the links between pages are followed as they are given."""
        page = self.get(path, asked_for=asked_for, **params)
        for _ in range(_MOST_PAGES):
            found = page.get("value")
            yield from (item for item in found if isinstance(item, dict)) if isinstance(found, list) else ()
            link = page.get("nextLink")
            if not link:
                return
            if not is_same_host(link, self._url):
                raise AzureServiceError(f"Azure could not {asked_for}: its next page lies at another address.")
            page = self._send(HttpRequest("GET", link), asked_for)
        raise AzureServiceError(f"Azure could not {asked_for}: its list does not end.")

    def _send(self, request: HttpRequest, asked_for: str) -> dict[str, Any]:
        try:
            response = self._client.send_request(request)
            text = response.text()
        except AzureError as error:
            raise error_of(error, asked_for=asked_for) from error
        found = _object_in(text)
        if response.status_code >= 400:
            waiting = response.headers.get("Retry-After", "").strip()
            retry_after_s = float(waiting) if waiting.isdigit() else None
            raise refusal_of(response.status_code, found, asked_for=asked_for, retry_after_s=retry_after_s)
        if found is None:
            raise AzureServiceError(f"Azure could not {asked_for}: its answer was cut off or is no JSON.")
        return found


def is_same_host(link: str, url: str) -> bool:
    """Return whether ``link``, which an answer named, leads to the host of ``url``, and may have the token shown.

    The host may come in other letters and with the port that goes without saying, as some services behind it write it.
    """
    try:
        asked, own = urlsplit(link), urlsplit(url)
        is_same = (asked.hostname, asked.port or _HTTPS) == (own.hostname, own.port or _HTTPS)
    except ValueError:
        return False
    return is_same and asked.scheme == own.scheme and "@" not in asked.netloc and "\\" not in link


def _object_in(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
