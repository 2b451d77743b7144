"""The whole examination: which probes there are, and their results in one."""

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.doctor import azure, broker, database, front, relay
from shared.doctor.probe import Probe, Result, State, run
from shared.queue.names import Queue, Role
from shared.queue.publisher import Publisher
from shared.settings import Settings
from shared.settings.profiles import PROFILES

# All are asked at once, so the longest of them is how long the whole takes where everything is down.
_LIMIT_S = 10.0
# Well within the other, so that the reason is named on a machine that is slow to begin, too.
_WORKER_LIMIT_S = 5.0
_DATABASE_STEP = (
    "Check DATABASE_URL (or DB_HOST, DB_NAME), the server's firewall, and that the login exists and may connect."
)
_BROKER_STEP = "Check BROKER_URL and BROKER_USER, and that the broker runs and lets this network in."
_STORAGE_STEP = "Check STORAGE_ACCOUNT_URL and STORAGE_CONTAINER, and the account's firewall."


@dataclass(frozen=True)
class Examination:
    """All results, in the order of :func:`probes_of`."""

    results: list[Result]
    duration_ms: float

    @property
    def is_well(self) -> bool:
        """Whether nothing failed; what the settings do not have may be missing."""
        return all(result.state is not State.FAILED for result in self.results)

    def as_data(self) -> dict[str, Any]:
        """Return what machines read."""
        return {
            "status": (State.OK if self.is_well else State.FAILED).value,
            "duration_ms": self.duration_ms,
            "probes": [
                {
                    "name": result.name,
                    "leg": result.leg,
                    "state": result.state.value,
                    "duration_ms": result.duration_ms,
                    "message": result.message,
                    "next_step": result.next_step or None,
                }
                for result in self.results
            ],
        }


def examine(
    settings: Settings,
    *,
    api_url: str = "",
    came_by_http: bool = False,
    on_result: Callable[[Result], None] = lambda _: None,
) -> Examination:
    """Ask every probe at once; ends within 15 seconds whatever is down. Never raises for what it finds.

    ``came_by_http``: the HTTP API asks, and need not ask itself.
    """
    begun = time.monotonic()
    publisher = Publisher(settings)
    try:
        probes = probes_of(settings, publisher, api_url=api_url or settings.api_url, came_by_http=came_by_http)
        results = run(probes, on_result=on_result)
    finally:
        publisher.close()
    return Examination(results, round((time.monotonic() - begun) * 1000, 1))


def probes_of(settings: Settings, publisher: Publisher, *, api_url: str, came_by_http: bool) -> list[Probe]:
    """Return one probe a leg."""
    no_http = "This request came by it." if came_by_http else _unset("API_URL", api_url)
    return [
        _probe("http", "HTTP API", lambda: front.ask_readiness(api_url), _front_step(api_url), no_http),
        *_of_database(settings),
        _probe("broker", "broker: write and read", lambda: broker.write_and_read(settings), _BROKER_STEP),
        *(_of_queue(publisher, queue) for queue in Queue),
        _probe(
            "results",
            "result backend: write and read",
            lambda: broker.store_and_read_result(settings),
            "Run `python -m worker migrate`; results are kept in the schema celery_results of the database.",
        ),
        *_of_azure(settings),
        _probe(
            "mail",
            "mail relay: connect and sign in",
            _with(relay.connect_and_sign_in, settings),
            "Check SMTP_HOST, SMTP_PORT and SMTP_SECURITY, and that this network may reach the relay.",
            _unset("SMTP_HOST", settings.smtp_host) and "SMTP_HOST is not set: no mail is sent.",
        ),
    ]


def _of_database(settings: Settings) -> list[Probe]:
    return [
        _probe(
            "database_app",
            "database as the application: write and read",
            _with(database.write_and_read_as_app, settings),
            _DATABASE_STEP,
        ),
        _probe(
            "database_system",
            "database across tenants: write and read",
            _with(database.write_and_read_as_system, settings),
            _DATABASE_STEP,
        ),
        _probe("schema", "database schema", _with(database.schema_revision, settings), _DATABASE_STEP),
        _probe(
            "clock_database",
            "clock against the database",
            _with(database.compare_clocks, settings),
            _DATABASE_STEP,
        ),
    ]


def _of_queue(publisher: Publisher, queue: Queue) -> Probe:
    return _probe(
        f"queue_{queue}",
        f"worker of the queue {queue}",
        functools.partial(broker.ask_worker, publisher, queue, limit_s=_WORKER_LIMIT_S),
        "Put the broker and the result backend right first (see their probes); no worker can be asked without them.",
    )


def _of_azure(settings: Settings) -> list[Probe]:
    issuer = settings.oidc_issuer
    return [
        _probe(
            "sign_in", "Azure sign-in", _with(azure.sign_in, settings), "Check that the identity service can be reached."
        ),
        _probe("storage", "Blob storage: write, link, read", _with(azure.write_link_and_read, settings), _STORAGE_STEP),
        _probe(
            "clock_storage",
            "clock against Blob storage",
            _with(azure.compare_clocks, settings),
            _STORAGE_STEP,
        ),
        *(
            _probe(
                f"wake_{role}",
                f"wake queue of the role {role}: write and remove",
                functools.partial(azure.wake_and_take_back, settings, role),
                "Check WAKE_QUEUE_URL and the storage account's firewall.",
                _unset("WAKE_QUEUE_URL", settings.wake_queue_url),
            )
            for role in Role
        ),
        _probe(
            "vault",
            "Key Vault",
            _with(azure.read_vault, settings),
            "Check VAULT_URL and the vault's firewall.",
            _unset("VAULT_URL", settings.vault_url),
        ),
        _probe(
            "azure_management",
            "Azure Resource Manager",
            _with(azure.reach_management, settings),
            "Let this network call AZURE_MANAGEMENT_URL over HTTPS; connections read recommendations there.",
            _local(settings),
        ),
        _probe(
            "identity_provider",
            "identity provider",
            _with(azure.discover_identity_provider, settings),
            "Check OIDC_ISSUER.",
            _unset("OIDC_ISSUER", issuer),
        ),
    ]


def _probe(name: str, leg: str, ask: Callable[[], str], next_step: str, skipped: str = "") -> Probe:
    return Probe(name, leg, ask, _LIMIT_S, next_step, skipped)


def _with(ask: Callable[[Settings], str], settings: Settings) -> Callable[[], str]:
    return functools.partial(ask, settings)


def _local(settings: Settings) -> str:
    chosen = settings.azure_management_url != PROFILES[settings.app_environment].azure_management_url
    return "" if chosen or not settings.app_environment.is_local else "Not asked for on one machine."


def _unset(variable: str, value: str) -> str:
    return "" if value else f"{variable} is not set."


def _front_step(api_url: str) -> str:
    return f"Check that the HTTP API runs at {api_url} and that this network may reach it."
