"""Resource ids say subscription, group, type and name."""

import pytest

from shared.advisor.resource_ids import NOTHING, parse_resource_id, resource_id_of

SUB = "/subscriptions/6f4376f1"
VM = f"{SUB}/resourceGroups/RG-1/providers/Microsoft.Compute/virtualMachines/vm1"


@pytest.mark.parametrize(
    ("resource_id", "parts"),
    [
        (SUB, ("6f4376f1", "", "Microsoft.Subscriptions/subscriptions", "6f4376f1")),
        (VM, ("6f4376f1", "RG-1", "Microsoft.Compute/virtualMachines", "vm1")),
        (VM.upper(), ("6F4376F1", "RG-1", "MICROSOFT.COMPUTE/VIRTUALMACHINES", "VM1")),
        (f"{SUB}/resourceGroups/rg", ("6f4376f1", "rg", "Microsoft.Resources/resourceGroups", "rg")),
        (
            f"{SUB}/resourcegroups/rg/providers/Microsoft.Sql/servers/s1/databases/d1",
            ("6f4376f1", "rg", "Microsoft.Sql/servers/databases", "d1"),
        ),
        (f"{VM}/providers/Microsoft.Security/x/y", ("6f4376f1", "RG-1", "Microsoft.Security/x", "y")),
        (f"{SUB}/providers/Microsoft.Foo/bars/b", ("6f4376f1", "", "Microsoft.Foo/bars", "b")),
        (f"{SUB}/resourceGroups/rg/providers/Microsoft.Foo", ("6f4376f1", "rg", "", "")),
        (f"{SUB}/somethingElse/x", ("6f4376f1", "", "", "")),
        ("/providers/Microsoft.Management/managementGroups/m", NOTHING),
        ("nonsense", NOTHING),
    ],
)
def test_ids_are_taken_apart(resource_id: str, parts: tuple[str, ...]) -> None:
    assert parse_resource_id(resource_id) == parts


def test_a_recommendation_hangs_on_its_resource() -> None:
    assert resource_id_of(f"{VM}/providers/microsoft.Advisor/recommendations/1") == VM
    assert resource_id_of(VM) == ""
