"""The client of Azure Resource Manager: lists to their end, tokens to nobody else, errors as sentences."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken

from shared.azure.calls import AzureCalls
from shared.azure.errors import (
    AzureAuthenticationError,
    AzureNetworkError,
    AzureRefusedError,
    AzureServiceError,
    AzureThrottledError,
)
from shared.azure.links import is_same_host
from shared.settings import Settings
from tests.generators.advisor_metadata import metadata_rows
from tests.generators.azure_estate import make_estate
from tests.simulators.azure_management import AzureManagement
from tests.simulators.faults import Fault

LIST = "/subscriptions"


class _Credential:
    def __init__(self, management: AzureManagement) -> None:
        self._management = management

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        token = self._management.issuer.token(scopes[0].removesuffix("/.default"))
        return AccessToken(token.text, token.expires_on)


@pytest.fixture
def management() -> Iterator[AzureManagement]:
    with AzureManagement(make_estate(3, 450)) as running:
        yield running


@pytest.fixture
def client(management: AzureManagement, tmp_path: Path) -> Iterator[AzureCalls]:
    found = {name.lower(): value for name, value in management.environment(tmp_path / "ca.pem").items()}
    given = Settings.model_construct(**found)  # type: ignore[arg-type]
    with AzureCalls(given, _Credential(management), hasty=True) as made:
        yield made


def _listed(client: AzureCalls) -> list[dict[str, Any]]:
    return list(client.items(LIST, asked_for="list the subscriptions", **{"api-version": "2022-12-01"}))


def _recommendations(client: AzureCalls, management: AzureManagement) -> list[dict[str, Any]]:
    subscription = max(management.estate.subscriptions.values(), key=lambda one: len(one.recommendations))
    path = f"{LIST}/{subscription.id}/providers/Microsoft.Advisor/recommendations"
    return list(client.items(path, asked_for="list recommendations", **{"api-version": "2023-01-01", "$top": "50"}))


def test_lists_are_read_to_their_end(client: AzureCalls, management: AzureManagement) -> None:
    assert len(_listed(client)) == 3
    most = max(len(one.recommendations) for one in management.estate.subscriptions.values())
    assert most > 100
    assert len(_recommendations(client, management)) == most


def test_a_page_at_another_host_gets_no_token(client: AzureCalls, management: AzureManagement) -> None:
    management.faults.plan(Fault.ELSEWHERE, path="recommendations")
    with pytest.raises(AzureServiceError, match="another address"):
        _recommendations(client, management)


def test_the_metadata_of_types_is_the_same_by_rest_as_by_resource_graph(client: AzureCalls) -> None:
    def asked(name: str = "", **options: str) -> dict[str, Any]:
        params = {"api-version": "2023-01-01", **options}
        return client.get(f"/providers/Microsoft.Advisor/metadata{name}", asked_for="read Advisor's metadata", **params)

    known = {row["properties"]["recommendationTypeId"].lower(): row["properties"] for row in metadata_rows("en")}
    entities = {one["name"]: one["properties"] for one in asked()["value"]}
    types = {one["id"]: one for one in entities["recommendationType"]["supportedValues"]}
    assert {name: one["displayName"] for name, one in types.items()} == {n: one["displayName"] for n, one in known.items()}
    assert all("learnMoreLink" not in one for one in types.values())
    for name in entities["recommendationType"]["dependsOn"]:
        allowed = {one["id"] for one in entities[name]["supportedValues"]}
        assert {one[name] for one in types.values()} <= allowed, name
    expanded = asked("/recommendationtype", **{"$expand": "ibiza", "$filter": "recommendationCategory eq 'Cost'"})
    costs = {name: one["learnMoreLink"] for name, one in known.items() if one["recommendationCategory"] == "Cost"}
    assert {one["id"]: one["learnMoreLink"] for one in expanded["properties"]["supportedValues"]} == costs
    retiring = asked(
        "/recommendationType", **{"$filter": "retirementDate ge '2000-01-01' and retirementDate le '2099-01-01'"}
    )
    dated = {name for name, one in known.items() if "sourceProperties" in one}
    assert {one["id"] for one in retiring["properties"]["supportedValues"]} == dated != set()
    for name, options in (("/nothing", {}), ("", {"$filter": "impact eq 'High'"})):
        with pytest.raises(AzureRefusedError):
            asked(name, **options)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.THROTTLED, AzureThrottledError),
        (Fault.AWAY, AzureServiceError),
        (Fault.TOKEN_REFUSED, AzureAuthenticationError),
        (Fault.HUNG_UP, AzureNetworkError),
        (Fault.CUT, AzureNetworkError),
    ],
)
def test_failures_belong_to_their_family(
    client: AzureCalls, management: AzureManagement, fault: Fault, kind: type[Exception]
) -> None:
    management.faults.plan(fault, times=2)
    with pytest.raises(kind) as failed:
        _listed(client)
    assert type(failed.value) is kind


@pytest.mark.parametrize(
    ("link", "is_same"),
    [
        ("https://management.azure.com/subscriptions?x=1", True),
        ("https://management.azure.com:443/subscriptions", True),
        ("https://Management.Azure.com/subscriptions", True),
        ("http://management.azure.com/subscriptions", False),
        ("https://management.azure.com:8443/subscriptions", False),
        ("https://management.azure.com:x/subscriptions", False),
        ("https://management.azure.com.elsewhere.example/", False),
        ("https://management.azure.com@elsewhere.example/", False),
        ("https://elsewhere.example@management.azure.com/", False),
        ("https://elsewhere.example\\@management.azure.com/", False),
        ("//management.azure.com/", False),
        ("", False),
    ],
)
def test_only_links_to_azure_itself_are_followed(link: str, is_same: bool) -> None:
    assert is_same_host(link, "https://management.azure.com") is is_same
