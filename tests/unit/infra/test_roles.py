"""Every right that the code uses is given by the templates, to the identity that uses it, and no more than that."""

import re

import pytest

from tests.unit.infra.templates import INFRA, MODULES, ROOT, resources

# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
BUILT_IN = {
    "storageBlobDataOwner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "storageBlobDataContributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "storageBlobDelegator": "db58b8e5-c6ad-4a2a-8342-4190687cbf4a",
    "storageQueueDataContributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "keyVaultSecretsOfficer": "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    "monitoringMetricsPublisher": "3913510d-42f4-4e42-8a64-420c390055eb",
    "acrPull": "7f951dda-4ed3-4680-a7ca-43fe172d538d",
}
GRANTED = {
    ("front", "storageBlobDataOwner", "hostAccount"),
    ("front", "storageBlobDataContributor", "reportAccount::blobs::reports"),
    ("front", "storageBlobDelegator", "reportAccount"),
    ("front", "storageQueueDataContributor", "wakeQueue[index]"),
    ("front", "keyVaultSecretsOfficer", "vault"),
    ("front", "monitoringMetricsPublisher", "component"),
    ("worker", "storageBlobDataContributor", "reportAccount::blobs::reports"),
    ("worker", "storageBlobDelegator", "reportAccount"),
    ("worker", "storageQueueDataContributor", "wakeQueue[index]"),
    ("worker", "keyVaultSecretsOfficer", "vault"),
    ("worker", "monitoringMetricsPublisher", "component"),
    ("worker", "acrPull", "registry"),
    ("migration", "acrPull", "registry"),
}


def granted() -> set[tuple[str, str, str]]:
    found = set()
    for symbol, text in resources(MODULES / "roles.bicep").items():
        if "principalType" not in text:
            continue
        principals = set(re.findall(r"(\w+)PrincipalId", text))
        roles = set(re.findall(r"roles\.(\w+)", text))
        scope = re.search(r"scope: (\S+)", text)
        assert len(principals) == len(roles) == 1, symbol
        assert scope, symbol
        found.add((principals.pop(), roles.pop(), scope[1]))
    return found


def test_roles_are_these_and_no_others() -> None:
    assert granted() == GRANTED


def test_role_ids_are_the_roles_they_are_named_after() -> None:
    text = (MODULES / "roles.bicep").read_text()
    assert dict(re.findall(r"^  (\w+): '([0-9a-f-]{36})'", text, re.MULTILINE)) == BUILT_IN


def test_every_role_says_why() -> None:
    text = (MODULES / "roles.bicep").read_text()
    for symbol in re.findall(r"^resource (\w+) 'Microsoft.Authorization", text, re.MULTILINE):
        assert re.search(rf"^// [A-Z].*:.*\n(//.*\n)*resource {symbol} ", text, re.MULTILINE), symbol


def test_roles_are_assigned_in_one_place_only() -> None:
    for template in INFRA.rglob("*.bicep"):
        if template.name not in {"roles.bicep", "readerRole.bicep"}:
            assert "roleAssignments@" not in template.read_text(), template.name


@pytest.mark.parametrize(
    ("error_of", "named"),
    [
        ("shared/storage/blobs.py", ["Storage Blob Data Contributor", "Storage Blob Delegator"]),
        ("shared/queue/waking.py", ["Storage Queue Data Contributor"]),
        ("shared/vault.py", ["Key Vault Secrets Officer"]),
    ],
)
def test_roles_that_errors_ask_for_are_assigned(error_of: str, named: list[str]) -> None:
    text = (ROOT / error_of).read_text()
    given = {role.lower() for _, role, _ in GRANTED}
    for role in named:
        assert role in text
        assert role.replace(" ", "").lower() in given


def test_only_the_migration_and_people_administer_the_database() -> None:
    text = (INFRA / "main.bicep").read_text()
    block = re.search(r"administrators: \[(.*?)\n    \]", text, re.DOTALL)
    assert block
    assert "identity.outputs.migration" in block[1]
    assert "identity.outputs.front" not in block[1]
    assert "identity.outputs.worker" not in block[1]


def test_both_identities_may_use_the_broker() -> None:
    text = (INFRA / "main.bicep").read_text()
    assert re.findall(
        r"objectId: identity\.outputs\.(\w+)\.principalId", text.split("module cache")[1].split("module vault")[0]
    ) == [
        "front",
        "worker",
    ]


def test_a_customer_lets_in_readers_only() -> None:
    role = (ROOT / "docs" / "customer" / "readerRole.bicep").read_text()
    actions = re.findall(r"'(Microsoft\.\S+/\S+)'", role.split("var reads")[1].split("resource reader")[0])
    assert [action for action in actions if not action.endswith("/read")] == [
        "Microsoft.Advisor/generateRecommendations/action"
    ]
    delegation = (ROOT / "docs" / "customer" / "lighthouse.bicep").read_text()
    assert re.findall(r"^var (\w+) = '([0-9a-f-]{36})'$", delegation, re.MULTILINE) == [
        ("readerRole", "acdd72a7-3385-48ef-bd42-f606fba81ae7")
    ]
    assert re.findall(r"roleDefinitionId: (\S+)", delegation) == ["readerRole"]


def test_a_delegation_is_the_two_resources_that_lighthouse_takes() -> None:
    # Only Bicep itself knows these types; where it is not there, this is what holds them.
    text = (ROOT / "docs" / "customer" / "lighthouse.bicep").read_text()
    assert re.findall(r"^(resource|module) (\w+) '([^']+)'", text, re.MULTILINE) == [
        ("resource", "definition", "Microsoft.ManagedServices/registrationDefinitions@2022-10-01"),
        ("resource", "assignment", "Microsoft.ManagedServices/registrationAssignments@2022-10-01"),
    ]
    definition, assignment = resources(ROOT / "docs" / "customer" / "lighthouse.bicep").values()
    assert re.findall(r"^    (\w+):", definition, re.MULTILINE) == [
        *("registrationDefinitionName", "description", "managedByTenantId", "authorizations"),
    ]
    assert set(re.findall(r"^        (\w+):", definition, re.MULTILINE)) == {
        *("principalId", "principalIdDisplayName", "roleDefinitionId"),
    }
    assert "registrationDefinitionId: definition.id" in assignment
    assert all(re.search(r"^  name: guid\(", each, re.MULTILINE) for each in (definition, assignment))
