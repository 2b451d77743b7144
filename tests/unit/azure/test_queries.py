"""Nothing that a user types changes what a query means: it comes out of the parser as the very text that went in."""

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.advisor.vocabulary import Category
from shared.azure import queries
from shared.azure.filters import FetchFilter, FilterInvalidError, TagFilter, filter_of
from tests.simulators.kql.parser import parse
from tests.simulators.kql.syntax import Comparison, Join, Literal, Path, Query, Where

_CONTROL = "".join(map(chr, range(0x20))) + "\x7f\x85\u2028\u2029"
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=_CONTROL), max_size=60)


@given(_TEXT)
@example("' or 1 == 1 or 'x' == '")
@example("\\' | project x //")
@example("\\")
@example('"; @"')
def test_literal_is_read_back_as_the_text_it_was_made_of(text: str) -> None:
    query = parse(f"t | where a == {queries.literal(text)} | project id")
    assert query.operators[0] == Where(Comparison("==", Path(("a",)), Literal(text)))
    assert len(query.operators) == 2


@pytest.mark.parametrize("character", sorted(_CONTROL))
def test_literal_refuses_control_characters(character: str) -> None:
    with pytest.raises(ValueError, match="control"):
        queries.literal(f"a{character}b")


@given(
    tag=st.builds(
        TagFilter,
        name=_TEXT.filter(lambda text: text != "" and not set(text) & set("<>%&\\?/")),
        values=st.lists(_TEXT, max_size=3).map(tuple),
    ),
    groups=st.lists(st.from_regex(r"\A[\w().-]{1,90}\Z"), max_size=3).map(tuple),
)
def test_any_accepted_filter_leaves_the_shape_of_the_query_alone(tag: TagFilter, groups: tuple[str, ...]) -> None:
    wanted = FetchFilter(tag=tag, resource_groups=groups)
    try:
        accepted = filter_of(msgspec.to_builtins(wanted))
    except FilterInvalidError:
        return
    # Names in letters that have one spelling only are looked for by Azure, others here alone.
    plain = [
        FetchFilter(tag=TagFilter(name=name), resource_groups=("g",) * len(accepted.resource_groups)) for name in ("x", "ß")
    ]
    found, *expected = (parse(queries.recommendations(one)) for one in (accepted, *plain))
    assert _shape(found) in list(map(_shape, expected))


@pytest.mark.parametrize(
    "given_filter",
    [
        {"categories": ["Costs"]},
        {"categories": ["Other"]},
        {"impacts": ["high"]},
        {"resource_groups": ["rg' or true"]},
        {"resource_groups": ["a" * 91]},
        {"resource_groups": [""]},
        {"resource_groups": ["rg\n"]},
        {"resource_types": ["Microsoft.Compute"]},
        {"resource_types": ["Microsoft.Compute/virtualMachines' | take 1"]},
        {"subscription_ids": ["all"]},
        {"tag": {"name": "a\\b"}},
        {"tag": {"name": ""}},
        {"tag": {"name": "x", "values": ["a\nb"]}},
        {"query": "advisorresources"},
        {"categories": ["Cost"] * 101},
        [],
        "Cost",
    ],
)
def test_filter_that_azure_could_not_mean_is_refused_with_a_next_step(given_filter: object) -> None:
    with pytest.raises(FilterInvalidError) as caught:
        filter_of(given_filter)
    assert caught.value.next_step


def test_equal_filters_read_the_same() -> None:
    one, other = ({"categories": given} for given in (["Security", "Cost", "Cost"], ["Cost", "Security"]))
    assert filter_of(one) == filter_of(other) == FetchFilter(categories=(Category.COST, Category.SECURITY))


def test_filters_stand_in_the_query_in_azures_words() -> None:
    text = queries.recommendations(
        filter_of({"categories": ["Reliability"], "impacts": ["High"], "tag": {"name": "Owner", "values": ["O'Neil"]}})
    )
    assert "in~ ('HighAvailability')" in text
    assert "tostring(tags) contains 'Owner'" in text
    assert parse(text).joins() == 1


def test_every_query_can_be_read_page_by_page() -> None:
    everything = queries.recommendations(FetchFilter())
    for text in (everything, queries.SUBSCRIPTIONS, queries.PUT_ASIDE, queries.SCORES, queries.metadata("de")):
        assert "project id" in text
        assert "order by id asc" in text
        assert "where type " in text
        parse(text)


def _shape(query: Query) -> list[object]:
    shape: list[object] = [query.table]
    for operator in query.operators:
        shape.append(type(operator).__name__)
        if isinstance(operator, Join):
            shape.append(_shape(operator.right))
        if isinstance(operator, Where) and isinstance(operator.condition, Comparison):
            right = operator.condition.right
            shape.append((operator.condition.operator, len(right) if isinstance(right, tuple) else 1))
    return shape
