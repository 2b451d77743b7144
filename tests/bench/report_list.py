"""The report list over HTTP, authenticated and from PostgreSQL, against the barest endpoint of the same framework."""

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping

from infra.local import places, ports
from infra.local.product import APPS_WAVE
from shared import access
from shared.database.tables import ApiKey
from tests.bench import ground
from tests.bench.ground import Ground
from tests.bench.http_load import loader_name, requests_per_s
from tests.bench.measure import Contender, Finding, Options, interleave, ratio, ratio_spread

_ROWS = 20
_OWN_REPORTS, _OTHER_TENANTS, _REPORTS_OF_EACH = 2_000, 50, 400

_FILL = """
with tenants as (
    insert into tenant (id, name) select uuidv7(), 'Tenant ' || n from generate_series(1, {others}) n returning id
),
clients as (insert into client (id, tenant_id, name) select uuidv7(), id, 'Client' from tenants returning id, tenant_id)
insert into report (id, tenant_id, client_id, title, report_type, source, formats, state, progress, phase, finished_at)
select uuidv7(), tenant_id, id, 'Azure Advisor review', 'detailed', 'upload', '{{pdf,html,xlsx,csv}}', 'completed', 100,
    'Done', now()
from clients, generate_series(1, {reports})
"""
_FILL_OWN = """
insert into report (id, tenant_id, client_id, title, report_type, source, formats, state, progress, phase, finished_at)
select uuidv7(), %s, %s, 'Azure Advisor review ' || n, 'detailed', 'upload', '{pdf,html,xlsx,csv}', 'completed', 100, 'Done',
    now()
from generate_series(1, %s) n
"""


def measure(options: Options) -> Iterator[Finding]:
    """Yield both rates and their ratio."""
    # Many short turns: what else the machine does in between then falls on both.
    seconds = options.size(2, quick=1)
    with ground.prepared() as here:
        headers = {"Authorization": f"Bearer {_fill(here)}"}
        bare_url = _serve(here, "bare", "tests.bench.bare_endpoint:application", "/")
        ours_url = _serve(here, "api", "function_app.asgi:application", "/health/live")
        ours_url = ours_url.replace("/health/live", f"/api/v1/reports?limit={_ROWS}")
        _check(ours_url, headers)
        ours, bare = contenders = (
            Contender("ours", lambda: requests_per_s(ours_url, headers, seconds=seconds)),
            Contender("bare", lambda: requests_per_s(bare_url, {}, seconds=seconds)),
        )
        interleave(contenders, options.rounds_or(11))
    yield Finding(f"GET /api/v1/reports, {_ROWS} rows", ours.median, "req/s", note=f"{loader_name()}; {ours.spread}")
    yield Finding("bare FastAPI endpoint", bare.median, "req/s", note=bare.spread)
    yield Finding("rate against the bare endpoint", ratio(ours, bare), "x", 0.15, note=ratio_spread(ours, bare))


def _fill(here: Ground) -> str:
    """Make reports of this tenant among those of others, and return a key of this tenant's."""
    key = access.generate_key()
    with here.services.system_database.across_tenants() as session:
        scopes = [scope.value for scope in access.Scope]
        session.add(ApiKey(tenant_id=here.tenant_id, name="bench", prefix=key.prefix, key_hash=key.key_hash, scopes=scopes))
    with here.superuser() as connection:
        connection.execute(_FILL.format(others=_OTHER_TENANTS, reports=_REPORTS_OF_EACH).encode())
        connection.execute(_FILL_OWN.encode(), [here.tenant_id, here.client_id, _OWN_REPORTS])
        connection.execute("vacuum analyze")
    return key.secret


def _serve(here: Ground, name: str, application: str, path: str) -> str:
    """Start one uvicorn process and return the address of ``path``, which answers by then."""
    port = ports.choose()
    command = [sys.executable, "-m", "uvicorn", application, "--host", ports.HOST, "--port", str(port)]
    command += ["--no-access-log", "--log-level", "warning"]
    environment: Mapping[str, str] = {**os.environ, **here.environment, "PYTHONUNBUFFERED": "1"}
    child = here.servers.group.spawn(name, command, environment=environment, folder=places.REPOSITORY, wave=APPS_WAVE)
    url = f"http://{ports.HOST}:{port}{path}"
    child.wait_until(lambda: _answers(url), timeout_s=60)
    return url


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return int(answer.status) == 200
    except (urllib.error.URLError, OSError):
        return False


def _check(url: str, headers: Mapping[str, str]) -> None:
    with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers)), timeout=10) as answer:
        page = json.load(answer)
    if len(page["items"]) != _ROWS or not page["next_cursor"]:
        raise AssertionError(f"the list has {len(page['items'])} items")
