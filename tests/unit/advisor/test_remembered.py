"""What was computed once is remembered, within bounds."""

from shared.advisor.normalising import Remembered


def test_a_value_is_computed_once() -> None:
    asked: list[str] = []
    memory = Remembered(lambda key: asked.append(key) or len(key))  # type: ignore[func-returns-value]
    assert [memory["abc"], memory["abc"], memory["d"]] == [3, 3, 1]
    assert asked == ["abc", "d"]


def test_memory_does_not_grow_with_the_values() -> None:
    memory = Remembered(int)
    assert all(memory[str(number)] == number for number in range(50_000))
    assert len(memory) <= 20_000
