"""https://management.azure.com on loopback: Resource Graph, Advisor and subscriptions behind TLS and tokens.

``python -m tests.simulators.azure_management --subscriptions 50`` serves one on its own, with an endpoint that gives tokens.
"""

import argparse
import json
import sys
import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Self

import trustme

from tests.generators.azure_estate import AzureEstate, make_estate
from tests.simulators.advisor_rest import Advisor
from tests.simulators.answers import Answer, error_answer
from tests.simulators.faults import Fault, FaultPlan
from tests.simulators.listening import JsonHandler, Listening
from tests.simulators.managed_identity import ManagedIdentityEndpoint
from tests.simulators.resource_graph import Quota, ResourceGraph
from tests.simulators.tokens import TokenIssuer


@dataclass
class AzureManagement(Listening):
    """A running endpoint over ``estate``; use it in a ``with`` block. ``issuer`` made the tokens that it accepts.

    ``issuer`` may be shared with Entra's simulator or a managed identity's. Answers wait ``latency_s`` as a network would.
    """

    estate: AzureEstate
    issuer: TokenIssuer = field(default_factory=TokenIssuer)
    ca: trustme.CA = field(default_factory=trustme.CA)
    latency_s: float = 0.0
    slow_s: float = 0.5
    retry_after: str = "1"
    """What it says where it throttles and names a time."""
    faults: FaultPlan = field(default_factory=FaultPlan)
    calls: list[str] = field(default_factory=list)
    """Method and path of every request, in order of arrival."""
    refused_tokens: set[str] = field(default_factory=set)
    silent: threading.Event = field(default_factory=threading.Event)
    """While it is set, requests are taken and not answered."""

    def __post_init__(self) -> None:
        """Put the services behind the endpoint."""
        self.graph = ResourceGraph(self.estate)
        self.advisor = Advisor(self.estate, lambda: self.url)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, port: int = 0) -> None:
        """Listen on the loopback interface, on a free port where none is given."""
        endpoint = self

        class Handler(JsonHandler):
            timeout = 60
            # One answer is one packet more often than not; Nagle's wait would cost each keep-alive request 40 ms.
            disable_nagle_algorithm = True

            def do_GET(self) -> None:  # noqa: N802 - the name is given
                self._serve("GET")

            def do_POST(self) -> None:  # noqa: N802 - the name is given
                self._serve("POST")

            def _serve(self, method: str) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fault = endpoint.faults.next(f"{method} {self.path}")
                answer = endpoint.answer(method, self.path, body, self.headers.get("Authorization", ""), fault)
                if fault is Fault.HUNG_UP:
                    self.hang_up()
                else:
                    self._send(answer, cut=fault is Fault.CUT)

            def _send(self, answer: Answer, *, cut: bool) -> None:
                self.send_response(HTTPStatus(answer.status))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.status != HTTPStatus.NO_CONTENT:
                    self.send_header("Content-Type", "application/json; charset=utf-8")
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body[: len(answer.body) // 2] if cut else answer.body)
                if cut:
                    self.hang_up()

        self.listen(Handler, self.ca, port=port)

    @property
    def url(self) -> str:
        """What ``AZURE_MANAGEMENT_URL`` is to say; also the audience of its tokens."""
        return self.base_url

    def environment(self, ca_file: Path) -> dict[str, str]:
        """Write the authority to ``ca_file`` and return the variables by which the product finds the endpoint."""
        self.ca.cert_pem.write_to_path(str(ca_file))
        return {"AZURE_MANAGEMENT_URL": self.url, "AZURE_MANAGEMENT_CA_FILE": str(ca_file)}

    def expire_tokens(self) -> None:
        """Refuse every token issued so far, as if its time were over."""
        current = self.issuer.current(self.url)
        if current is not None:
            self.refused_tokens.add(current.text)
        self.issuer.renew(self.url)

    def answer(self, method: str, target: str, body: bytes, authorization: str, fault: Fault | None = None) -> Answer:
        """Return the answer to one request that meets ``fault``."""
        self.calls.append(f"{method} {target}")
        if self.latency_s:
            time.sleep(self.latency_s)
        while self.silent.is_set():
            time.sleep(0.02)
        scheme, _, token = authorization.partition(" ")
        good = scheme == "Bearer" and self.issuer.recognise(token, audience=self.url)
        if not good or token in self.refused_tokens or fault is Fault.TOKEN_REFUSED:
            challenge = 'Bearer authorization_uri="https://login.microsoftonline.com/", error="invalid_token"'
            refusal = error_answer(401, "ExpiredAuthenticationToken", "The access token expiry is earlier than now.")
            return refusal.having({"WWW-Authenticate": challenge})
        if (failed := _failed(fault, self.retry_after)) is not None:
            return failed
        if fault is Fault.SLOW:
            time.sleep(self.slow_s)
        path = target.partition("?")[0]
        if self.graph.serves(path):
            repeat, truncate = fault is Fault.REPEATED_PAGE, fault is Fault.TRUNCATED
            return self.graph.answer(body, self.issuer.object_id, repeat=repeat, truncate=truncate)
        return self.advisor.answer(method, target, elsewhere=fault is Fault.ELSEWHERE)


def _failed(fault: Fault | None, retry_after: str) -> Answer | None:
    match fault:
        case Fault.THROTTLED:
            return error_answer(429, "TooManyRequests", "Too many requests.").having({"Retry-After": retry_after})
        case Fault.THROTTLED_SILENTLY:
            return error_answer(429, "TooManyRequests", "Too many requests.")
        case Fault.BROKEN:
            return error_answer(500, "InternalServerError", "An internal error occurred.")
        case Fault.AWAY:
            return error_answer(503, "ServiceUnavailable", "The service is unavailable.")
        case Fault.FORBIDDEN:
            return error_answer(403, "AuthorizationFailed", "The client does not have authorization.")
    return None


def _figures(azure: AzureManagement) -> dict[str, float]:
    quota = azure.graph.quota or Quota()
    return {
        "calls": len(azure.calls),
        "counted": quota.counted,
        "refused": quota.refused,
        "seconds": quota.last_at - quota.first_at,
    }


def main() -> None:
    """Serve an estate until standard input ends; print the variables of a client as one line of JSON when ready."""
    parser = argparse.ArgumentParser(description="Serve a made-up estate as Azure Resource Manager would.")
    parser.add_argument("--subscriptions", type=int, default=50)
    parser.add_argument("--recommendations", type=int, default=2000)
    parser.add_argument("--ca-file", type=Path, required=True)
    parser.add_argument("--no-quota", action="store_true")
    parser.add_argument("--latency-ms", type=float, default=0.0)
    wanted = parser.parse_args()
    estate = make_estate(wanted.subscriptions, wanted.recommendations)
    with AzureManagement(estate, latency_s=wanted.latency_ms / 1000) as azure:
        if wanted.no_quota:
            azure.graph.quota = None
        identity = ManagedIdentityEndpoint(azure.issuer)
        identity.start()
        print(json.dumps({**azure.environment(wanted.ca_file), **identity.environment}), flush=True)
        for line in sys.stdin:
            # Figures on demand, since the last time: calls, queries that the quota let through or refused, and how long.
            print(json.dumps(_figures(azure)), flush=True)
            azure.calls.clear()
            azure.graph.quota = Quota() if line.strip() == "quota" else None
        identity.stop()


if __name__ == "__main__":
    main()
