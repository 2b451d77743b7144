"""The simulator is as strict as Azure: what a wrong query, token or page would cost there, it costs here."""

import ssl
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.generators.azure_estate import AzureEstate, make_estate
from tests.simulators.azure_management import AzureManagement
from tests.simulators.faults import Fault
from tests.simulators.kql import evaluation
from tests.simulators.kql.parser import parse
from tests.simulators.kql.syntax import QueryInvalidError

_PATH = "/providers/Microsoft.ResourceGraph/resources?api-version=2024-04-01"
_ALL = "advisorresources | where type =~ 'microsoft.advisor/recommendations' | project id | order by id asc"


@pytest.fixture(scope="module")
def estate() -> AzureEstate:
    return make_estate(4, 250)


@pytest.fixture
def azure(estate: AzureEstate) -> Iterator[AzureManagement]:
    with AzureManagement(estate) as running:
        yield running


@pytest.fixture
def client(azure: AzureManagement) -> Iterator[httpx.Client]:
    context = ssl.create_default_context()
    azure.ca.configure_trust(context)
    token = azure.issuer.token(azure.url).text
    with httpx.Client(base_url=azure.url, verify=context, headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


def _ask(client: httpx.Client, query: str, **options: Any) -> httpx.Response:
    return client.post(_PATH, json={"query": query, "options": {f"${name}": value for name, value in options.items()}})


def test_pages_follow_only_where_the_id_is_projected(client: httpx.Client) -> None:
    first = _ask(client, _ALL, top=100).json()
    assert (first["totalRecords"], first["count"], first["resultTruncated"]) == (250, 100, "false")
    second = _ask(client, _ALL, top=100, skipToken=first["$skipToken"]).json()
    assert not {row["id"] for row in first["data"]} & {row["id"] for row in second["data"]}
    cut = _ask(client, _ALL.replace("project id", "project name"), top=100).json()
    assert (cut["count"], cut["resultTruncated"], "$skipToken" in cut) == (100, "true", False)


def test_rows_without_an_order_come_at_random(client: httpx.Client) -> None:
    query = _ALL.partition(" | order")[0]
    assert _ask(client, query, top=200).json()["data"] != _ask(client, query, top=200).json()["data"]


def test_query_without_a_type_filter_gets_everything_in_the_table(client: httpx.Client) -> None:
    types = {row["type"] for row in _ask(client, "advisorresources | project id, type", top=1000).json()["data"]}
    assert {"microsoft.advisor/recommendations", "microsoft.advisor/suppressions", "microsoft.advisor/metadata"} <= types


def test_token_of_another_audience_or_a_refused_one_is_not_accepted(client: httpx.Client, azure: AzureManagement) -> None:
    other = azure.issuer.token("https://vault.azure.net").text
    assert client.get("/subscriptions?api-version=1", headers={"Authorization": f"Bearer {other}"}).status_code == 401
    azure.expire_tokens()
    assert client.get("/subscriptions?api-version=1").status_code == 401


def test_quota_is_kept_and_told(client: httpx.Client, azure: AzureManagement) -> None:
    answers = [_ask(client, _ALL, top=1) for _ in range(16)]
    assert [answer.status_code for answer in answers] == [200] * 15 + [429]
    assert answers[0].headers["x-ms-user-quota-remaining"] == "14"
    assert answers[-1].headers["Retry-After"] == answers[-1].headers["x-ms-user-quota-resets-after"][-2:].lstrip("0")


def test_list_of_advisor_has_pages_of_200_with_an_absolute_link(client: httpx.Client, estate: AzureEstate) -> None:
    biggest = max(estate.subscriptions.values(), key=lambda one: len(one.recommendations))
    biggest.recommendations += biggest.recommendations * 4
    url: str | None = f"/subscriptions/{biggest.id}/providers/Microsoft.Advisor/recommendations?api-version=2023-01-01"
    counts = []
    while url:
        page = client.get(url).json()
        counts.append(len(page["value"]))
        url = page.get("nextLink")
        assert url is None or (url.startswith("https://localhost") and "microsoft.Advisor" in url)
    assert counts[0] == 200
    assert sum(counts) == len(biggest.recommendations)
    biggest.recommendations = biggest.recommendations[: len(biggest.recommendations) // 5]


@pytest.mark.parametrize(("fault", "status"), [(Fault.THROTTLED, 429), (Fault.BROKEN, 500), (Fault.AWAY, 503)])
def test_faults_come_when_planned(client: httpx.Client, azure: AzureManagement, fault: Fault, status: int) -> None:
    azure.faults.plan(fault, path="subscriptions", skip=1)
    codes = [client.get("/subscriptions?api-version=1").status_code for _ in range(3)]
    assert codes == [200, status, 200]


def test_cut_answer_breaks_the_connection(client: httpx.Client, azure: AzureManagement) -> None:
    azure.faults.plan(Fault.CUT)
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/subscriptions?api-version=1")


@pytest.mark.parametrize(
    "query",
    [
        "", "advisorresources |", "advisorresources | where", "t | evaluate bag_unpack(x)", "t | where a == 'b",
        "t | where a == 'b' 'c'", "t | take -1", "t | project tolower(a)", "t | where a in~ ()", "t; drop table t",
        "t | join kind=leftanti (u) on a", "t | where a == \"b\nc\"",
    ],
)  # fmt: skip
def test_text_that_is_no_query_is_refused(query: str) -> None:
    with pytest.raises(QueryInvalidError):
        parse(query)


def test_operators_do_what_kusto_says() -> None:
    rows = [{"a": "X", "n": 2}, {"a": "y", "n": 1, "tags": {"k's": "v"}}]
    others = [{"a": "X", "b": 1}, {"a": "X", "b": 2}]
    tables = {"t": rows, "u": others}

    def run(text: str) -> list[Any]:
        return [dict(row) for row in evaluation.run(parse(text), lambda name: tables[name])]

    assert run("t | where a =~ 'x' | project n") == [{"n": 2}]
    assert run("t | where a == 'x'") == []
    assert run("t | where tags['k\\'s'] == 'v' | project a") == [{"a": "y"}]
    assert run("t | join kind=leftouter (u) on a | project a, b | order by b asc") == [
        {"a": "y", "b": None}, {"a": "X", "b": 1}, {"a": "X", "b": 2},
    ]  # fmt: skip
    assert run("t | join kind=inner (u | where b == 2) on a | project b") == [{"b": 2}]
    assert run("u | summarize total = sum(b), rows = count() by a") == [{"a": "X", "total": 3, "rows": 2}]
    assert run("t | order by n asc | take 1 | project a") == [{"a": "y"}]
    assert run("t | where not(a =~ 'x') or n > 5 | extend low = tolower(a) | project low") == [{"low": "y"}]
