"""Canaries in every secret setting, credential, header and link; every path taken to success and to failure by real
processes; then everything that was written anywhere is searched for them.

What an export says is its owner's data, not a secret of ours: it may appear in rows, reports and answers, never in a log.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import UnionType
from typing import Any, get_args
from uuid import UUID

import httpx
import psycopg
import pytest
import redis
from cryptography.fernet import Fernet
from pydantic import SecretStr

from infra.local import ports
from infra.local.valkey import Valkey
from shared.services import Services
from shared.settings import Settings
from tests.integration.jobs.orders import portal_csv
from tests.integration.jobs.waiting import until
from tests.integration.jobs.workers import Worker
from tests.integration.telemetry.canaries import Search, canary
from tests.integration.telemetry.connecting import use_connections
from tests.integration.telemetry.mailing import use_mail
from tests.integration.telemetry.processes import Front, run
from tests.integration.telemetry.storing import use_credentials
from tests.simulators.cloud import Cloud
from tests.simulators.otlp_collector import OtlpCollector
from tests.simulators.relay import Relay

CELERY = ["-m", "celery", "-A", "worker.celery_app"]


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or (isinstance(annotation, UnionType) and any(map(_is_secret, get_args(annotation))))


SECRET_SETTINGS = {name.upper() for name, field in Settings.model_fields.items() if _is_secret(field.annotation)}


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """Azure, for connections to sign in to."""
    with Cloud(tmp_path / "authority.pem") as running:
        yield running


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    """A relay that accepts another password than the planted one."""
    with Relay(tmp_path / "relay.pem") as made:
        yield made


@pytest.fixture
def planted(
    own_environment: dict[str, str], own_broker: Valkey, collector: OtlpCollector, cloud: Cloud, relay: Relay
) -> dict[str, str]:
    """A working environment whose every secret is a canary."""
    closed = ports.choose()
    return {
        **own_environment,
        **cloud.sign_in,
        "SEALED_STORE_KEYS": Fernet.generate_key().decode(),
        "DEVELOPMENT_API_KEY": f"aar_{canary('development')}".ljust(48, "x"),
        "AZURE_CLIENT_SECRET": canary("client"),
        **{name.upper(): str(value) for name, value in relay.settings.items()},
        "SMTP_PASSWORD": canary("relay"),
        "MAIL_FROM": "reports@advisor.example",
        "MAIL_REPORTS_KEY_SHA256": "0" * 64,
        "PUBLIC_URL": "https://advisor.example",
        "APPLICATIONINSIGHTS_CONNECTION_STRING": (
            f"InstrumentationKey=1c2d3e4f-0000-4000-8000-0123456789ab;IngestionEndpoint=https://127.0.0.1:{closed}/"
        ),
        "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.address,
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20canary-collector-0123456789",
        "OTEL_TRACES_SAMPLER": "always_on",
        "OTEL_BSP_SCHEDULE_DELAY": "500",
        "OTEL_METRIC_EXPORT_INTERVAL": "1000",
        "WORKER_METRICS_PORT": str(ports.choose()),
        "STRANGERS_PASSWORD": canary("password"),
        "STRANGERS_KEY": canary("key"),
        "STRANGERS_CLIENT_SECRET": canary("client-secret"),
        "STRANGERS_SIGNATURE": canary("signature").replace("%", "a").replace("/", "b").replace("+", "c"),
        "CLOSED_PORT": str(closed),
        # What the environment's password hides in the broker's address.
        "BROKER_PASSWORD": own_broker.password,
    }


@pytest.fixture
def key_of_tenant(key: str, tenant: UUID) -> tuple[str, UUID]:
    """An API key, and the tenant whose rows it opens."""
    return key, tenant


@pytest.fixture
def search(planted: dict[str, str], key: str) -> Search:
    """A search for everything planted."""
    secret = {name: planted[name] for name in SECRET_SETTINGS - {"BROKER_URL"} if name in planted}
    strangers = {name: value for name, value in planted.items() if name.startswith("STRANGERS_")}
    return Search(
        {
            **secret,
            **strangers,
            "broker password": planted["BROKER_PASSWORD"],
            "identity header": planted["IDENTITY_HEADER"],
            "collector header": "canary-collector-0123456789",
            "instrumentation key": "1c2d3e4f-0000-4000-8000-0123456789ab",
            "API key": key,
        }
    )


def test_every_secret_setting_is_planted(planted: dict[str, str]) -> None:
    assert planted.keys() >= SECRET_SETTINGS, "plant a canary for each new setting marked secret"


@dataclass
class Places:
    """Where secrets might be written."""

    outputs: Path
    scratch: Path
    database: psycopg.Connection
    broker: Any
    blobs: Services

    def look(self, search: Search, *, tenant: str) -> None:
        """Search all of them."""
        search.look_at_files(self.outputs)
        search.look_at_files(self.scratch)
        search.look_at_database(self.database)
        search.look_at_broker(self.broker)
        search.look_at_blobs(self.blobs, self.outputs, tenant=tenant)


@pytest.fixture
def places(
    outputs: Path, planted: dict[str, str], superuser: psycopg.Connection, settings: Settings, tmp_path: Path
) -> Iterator[Places]:
    """All places of this test."""
    services = Services(settings)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with redis.Redis.from_url(planted["BROKER_URL"]) as broker:
        yield Places(outputs, scratch, superuser, broker, services)
    services.close()


@pytest.mark.long
def test_no_secret_is_written_anywhere(  # noqa: PLR0917
    planted: dict[str, str],
    search: Search,
    collector: OtlpCollector,
    cloud: Cloud,
    places: Places,
    key_of_tenant: tuple[str, UUID],
) -> None:
    key, tenant = key_of_tenant
    outputs = places.outputs
    environment = {**planted, "TMPDIR": str(places.scratch)}
    content = canary("content")

    with Worker(environment) as worker, Front(environment, outputs / "front.txt") as front:
        worker.wait_ready()
        search.look("answer: metrics", httpx.get(f"http://127.0.0.1:{planted['WORKER_METRICS_PORT']}/metrics").content)
        with front.client(key) as api, front.client() as anonymous:
            reports = [_order(api, search, portal_csv(20) + _row_with(content)), _order(api, search, b"no export at all")]
            _follow(api, search, reports)
            _ask_wrongly(anonymous, search, planted)
            refusals = use_connections(api, search, cloud, planted)
            assert refusals == ["None", "secret_wrong", "secret_expired", "certificate_not_registered"]
            assert set(use_credentials(api, search, planted)) == {"unreachable"}
            assert use_mail(api, anonymous, search, planted) == 535
            with _broken(places.database, "client"):
                answer = api.get("/api/v1/clients")
                assert answer.status_code == 500, answer.text
                search.look("answer: 500", answer.content)
            with _broken(places.database, "recommendation"):
                _follow(api, search, [_order(api, search, portal_csv(5))])
        run([*CELERY, "inspect", "conf", "--json"], environment, outputs / "inspect.txt")
        run([*CELERY, "inspect", "stats"], environment, outputs / "inspect.txt")
        run(["-m", "worker", "doctor", "--json"], environment, outputs / "doctor.txt")
        (outputs / "worker.txt").write_bytes(worker.log())
    _run_commands(environment, outputs)
    _start_wrongly(environment, outputs, key, search)

    for path, body in collector.bodies:
        search.look(f"export: {path}", body)
    places.look(search, tenant=str(tenant))

    assert search.leaks == []
    assert {"answer", "export", "file", "database", "broker", "blob"} <= search.searched.keys()
    written = b"".join(path.read_bytes() for path in outputs.iterdir())
    assert content.encode() not in written
    for said in (b"[redacted]", b"core exceptions", b"task_acks_late", b"password authentication failed", b"job_failed"):
        assert said in written, f"the story no longer reaches {said!r}"


def test_the_search_finds_what_is_planted_in_the_open(search: Search, planted: dict[str, str], places: Places) -> None:
    secret = planted["DB_PASSWORD"]
    run(["-c", "import os; print(os.environ['DB_PASSWORD'])"], planted, places.outputs / "careless.txt")
    places.blobs.blobs.upload("careless/blob", BytesIO(secret.encode()), content_type="text/plain")
    places.broker.lpush("default", json.dumps({"kwargs": {"password": secret}}))
    places.database.execute("create schema careless")
    places.database.execute("create table careless.kept (result jsonb)")
    try:
        places.database.execute("insert into careless.kept values (%s)", (json.dumps({"result": secret}),))
        places.look(search, tenant="careless")
    finally:
        places.database.execute("drop schema careless cascade")
        places.blobs.blobs.delete("careless/blob")
    search.look("answer: link", b"https://a.blob.core.windows.net/c?sig=AbCdEfGhIjKlMnOpQrSt%3D")
    assert {leak.place.partition(":")[0] for leak in search.leaks} == {"file", "database", "broker", "blob", "answer"}


def _order(api: httpx.Client, search: Search, export: bytes) -> str:
    client = api.post("/api/v1/clients", json={"name": f"Contoso {ports.choose()}"})
    search.look("answer: client", client.content)
    answer = api.post(
        "/api/v1/reports?sig=abcdefghijklmnopqrstuvwxyz",
        data={"client_id": client.json()["id"], "formats": ["csv", "html", "xlsx"]},
        files={"file": ("export.csv", export, "text/csv")},
        headers={"Idempotency-Key": f"order-{ports.choose()}"},
    )
    assert answer.status_code == 202, answer.text
    search.look("answer: report", answer.content)
    return str(answer.json()["report"]["id"])


def _row_with(text: str) -> bytes:
    return f"Security,High,{text},not-a-subscription\r\n".encode()


def _follow(api: httpx.Client, search: Search, reports: list[str]) -> None:
    for report in reports:

        def ended(report: str = report) -> bool:
            return api.get(f"/api/v1/reports/{report}").json()["status"] in {"completed", "failed"}

        until(ended, "the report to end")
        search.look("answer: report", api.get(f"/api/v1/reports/{report}").content)
        jobs = api.get("/api/v1/jobs", params={"report_id": report})
        search.look("answer: jobs", jobs.content)
        download = api.get(f"/api/v1/reports/{report}/files/csv/download")
        # The link in it is what was asked for.
        search.look("answer: download", str(download.headers).encode() + download.content, forms=False)
    link = api.post("/api/v1/uploads", json={"file_name": "a.csv"}, headers={"Idempotency-Key": f"u-{ports.choose()}"})
    search.look("answer: upload", link.content, forms=False)


def _ask_wrongly(anonymous: httpx.Client, search: Search, planted: dict[str, str]) -> None:
    secret, strangers_key = planted["STRANGERS_PASSWORD"], planted["STRANGERS_KEY"]
    ascii_only = {"Authorization": f"Bearer aar_{strangers_key}"}
    answers = [
        anonymous.get("/api/v1/clients"),
        anonymous.get("/api/v1/clients", headers=ascii_only),
        anonymous.get("/api/v1/clients", headers={"Authorization": f"Basic {strangers_key}"}),
        anonymous.get("/api/v1/clients", headers={"Cookie": f"session={strangers_key}"}),
        anonymous.get("/health/ready", headers=ascii_only),
        anonymous.get("/health/live", params={"password": secret, "sig": planted["STRANGERS_SIGNATURE"]}),
        anonymous.get("/nowhere", params={"code": strangers_key}),
        anonymous.put("/api/v1/clients", headers=ascii_only),
        anonymous.post("/api/v1/clients", headers=ascii_only, json={"password": secret, "name": {"token": strangers_key}}),
        anonymous.post("/api/v1/clients", headers=ascii_only, content=f'{{"password": "{secret}'),
        anonymous.get("/api/v1/jobs", headers=ascii_only, params={"limit": secret}),
        anonymous.post("/api/v1/clients", headers=ascii_only, content=b" " * 1_100_000),
        anonymous.get("/api/docs"),
        anonymous.get("/api/openapi.json"),
    ]
    assert {401, 404, 422, 200, 413, 405} <= {answer.status_code for answer in answers}
    for answer in answers:
        search.look(f"answer: {answer.status_code}", str(answer.headers).encode() + answer.content)


def _run_commands(environment: dict[str, str], outputs: Path) -> None:
    """Run each command to success where it can, and to failure by a wrong password and by an absent server."""
    wrong = {**environment, "DB_OWNER_PASSWORD": environment["STRANGERS_PASSWORD"], "DB_SYSTEM_PASSWORD": "x" * 9}
    away = {**environment, "DATABASE_URL": f"postgresql://advisor@127.0.0.1:{environment['CLOSED_PORT']}/a"}
    stored = {**environment, "DATABASE_URL": f"postgresql://a:{environment['STRANGERS_KEY'].replace('/', '-')}@h/b"}
    for given in (environment, wrong, away, stored):
        run(["-m", "worker", "migrate"], given, outputs / "migrate.txt")
        run(["-m", "worker", "key", "list", "--tenant", "00000000-0000-4000-8000-000000000000"], given, outputs / "key.txt")
    run([*CELERY, "report"], environment, outputs / "report.txt")
    run(["-m", "tests.integration.telemetry.core_exceptions"], environment, outputs / "core.txt")


def _start_wrongly(environment: dict[str, str], outputs: Path, key: str, search: Search) -> None:
    """Start a worker and a front with a password that the database or the broker refuses."""
    stranger = environment["STRANGERS_PASSWORD"]
    worker = [*CELERY, "worker", "--concurrency", "1", "--without-gossip", "--without-mingle"]
    no_database = {**environment, "DB_PASSWORD": stranger}
    assert run(worker, no_database, outputs / "refused.txt") != 0
    broker = environment["BROKER_URL"].replace(environment["BROKER_PASSWORD"], "canary-wrong-broker-password")
    with Worker({**environment, "BROKER_URL": broker}) as refused:
        until(lambda: b"WRONGPASS" in refused.log() or refused.process.poll() is not None, "the broker's refusal")
        written = refused.log()
    search.look("file: worker of a wrong broker password", written)
    assert b"canary-wrong-broker-password" not in written
    with Front(no_database, outputs / "front.txt") as front, front.client(key) as api:
        for path in ("/api/v1/clients", "/health/ready"):
            answer = api.get(path)
            assert answer.status_code == 503, answer.text
            search.look("answer: 503", answer.content)


@contextmanager
def _broken(superuser: psycopg.Connection, table: str) -> Iterator[None]:
    """Take a table away: nobody foresees that, so errors of the driver go all the way up."""
    superuser.execute(f"alter table {table} rename to {table}_gone")
    try:
        yield
    finally:
        superuser.execute(f"alter table {table}_gone rename to {table}")
