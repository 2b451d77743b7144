"""A selection says what its mode needs, and nothing else."""

from typing import Any

import pytest

from shared.connections.selection import Selection, SelectionInvalidError, SelectionMode, selection_of

ONE = "11111111-1111-4111-8111-111111111111"


@pytest.mark.parametrize(
    "given",
    [
        {"mode": "all"},
        {"mode": "some", "subscription_ids": [ONE]},
        {"mode": "tag", "tag": "environment"},
        {"mode": "tag", "tag": "environment", "tag_values": ["production", ""]},
        {"mode": "management_group", "management_groups": ["mg-production"]},
    ],
)
def test_what_is_kept_is_what_was_given(given: dict[str, Any]) -> None:
    assert selection_of(given).stored() == given


def test_everything_is_the_default() -> None:
    assert Selection().mode is SelectionMode.ALL
    assert Selection().stored() == {"mode": "all"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"mode": "some"}, "needs subscription_ids"),
        ({"mode": "tag"}, "needs tag"),
        ({"mode": "management_group"}, "needs management_groups"),
        ({"mode": "all", "tag": "x"}, "has no tag"),
        ({"mode": "tag", "tag": "x", "subscription_ids": [ONE]}, "has no subscription_ids"),
        ({"mode": "some", "subscription_ids": ["' or 1"]}, "subscription_ids"),
        ({"mode": "some", "subscription_ids": [ONE] * 10_001}, "length"),
        ({"mode": "tag", "tag": "x" * 513}, "length"),
        ({"mode": "management_group", "management_groups": [""]}, "length"),
        ({"mode": "none"}, "mode"),
        ({"mode": "all", "filter": "x"}, "filter"),
        ([], "Expected"),
        (None, "Expected"),
    ],
)
def test_anything_else_is_refused(given: Any, message: str) -> None:
    with pytest.raises(SelectionInvalidError, match=message) as refused:
        selection_of(given)
    assert refused.value.next_step
