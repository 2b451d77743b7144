"""Lines of a live fetch from a process of its own: the same ones, whatever becomes of the process."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from shared.azure.beside import MANY_SUBSCRIPTIONS, LinesFailedError, LiveLinesBeside, UnexpectedLinesError, live_lines
from shared.azure.filters import FetchFilter, TagFilter
from shared.azure.live_lines import LiveLines, OwnLiveLines
from shared.azure.live_rows import Terms
from shared.azure.parts import Part
from shared.azure.put_aside import PutAside, Rules
from shared.azure.spool import Spool
from shared.azure.type_texts import Action, TypeText
from shared.jobs.problems import Problem, is_retryable
from shared.snapshots.lines import BATCH_ROWS, Table
from tests.children import children
from tests.generators.azure_estate import AzureEstate, AzureSubscription, make_estate
from tests.integration.jobs.waiting import until

ESTATE = make_estate(4, 400)
TERMS = Terms(
    FetchFilter(),
    {
        str(item["properties"]["recommendationTypeId"]).lower(): TypeText(
            resource_singular="Virtual machine", actions=(Action("Open", "https://portal.azure.com/"),)
        )
        for subscription in ESTATE.subscriptions.values()
        for item in subscription.items()
    },
    keep_put_aside=True,
)


def nothing() -> None:
    """Let the work go on."""


def part_of(spool: Spool, subscription: AzureSubscription, *, odd: bool = False) -> Part:
    """Return what is read of a subscription, with a row that nobody can read where ``odd``."""
    part = Part({subscription.id: subscription.name}, Rules(), spool.batch(), scores=spool.batch())
    part.rules.add(msgspec.convert(row, PutAside) for row in (*subscription.suppressions, *subscription.configurations))
    items: list[Any] = [
        *({**item, "tags": subscription.tags} for item in subscription.items()),
        *([{"id": 7}] if odd else []),
    ]
    part.expected = len(items) + 1
    for at in range(0, len(items), 50):
        part.batch.add(msgspec.json.encode(items[at : at + 50]))
    part.batch.close()
    assert part.scores is not None
    part.scores.add(msgspec.json.encode(subscription.scores))
    part.scores.close()
    return part


def parts_of(folder: Path, estate: AzureEstate = ESTATE) -> Iterator[Part]:
    """Yield a part for each subscription, the first of them twice."""
    spool = Spool(folder)
    for number, subscription in enumerate(estate.subscriptions.values()):
        yield part_of(spool, subscription, odd=not number)
    yield part_of(spool, next(iter(estate.subscriptions.values())))


def filed(lines: LiveLines, parts: Iterator[Part]) -> Counter[tuple[Table, bytes]]:
    """Return the lines of ``parts`` without their new ids, in whatever order."""
    for part in parts:
        lines.take(part)
    found: Counter[tuple[Table, bytes]] = Counter()
    for batch in lines.lines():
        texts = batch.text.splitlines()
        assert len(texts) == batch.count
        found.update((batch.table, text if batch.table is Table.SCORE else text.split(b"\t", 1)[1]) for text in texts)
    return found


@pytest.mark.parametrize(
    "terms",
    [
        TERMS,
        Terms(FetchFilter(tag=TagFilter(name="costCenter", values=("CC-01",))), {}, keep_put_aside=False),
    ],
    ids=["all with texts", "by tag"],
)
def test_lines_are_those_that_the_process_itself_would_make(terms: Terms, tmp_path: Path) -> None:
    (here := tmp_path / "here").mkdir()
    own = OwnLiveLines(terms)
    expected = filed(own, parts_of(here))
    (there := tmp_path / "there").mkdir()
    with live_lines(terms, there, subscriptions=MANY_SUBSCRIPTIONS, check=nothing) as beside:
        assert isinstance(beside, LiveLinesBeside)
        found = filed(beside, parts_of(there))
        counts = beside.counts()
    assert found == expected
    assert {table for table, _ in found} == set(Table)
    assert counts == own.counts()
    assert counts.duplicates > 0
    assert counts.missing > 0
    assert [file for file in there.iterdir() if file.suffix == ".lines"] == []
    assert children("beside_child") == []


def test_pages_leave_the_disk_as_their_lines_come(tmp_path: Path) -> None:
    own = OwnLiveLines(TERMS)
    filed(own, parts_of(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_few_subscriptions_start_no_process(tmp_path: Path) -> None:
    with live_lines(TERMS, tmp_path, subscriptions=MANY_SUBSCRIPTIONS - 1, check=nothing) as lines:
        assert isinstance(lines, OwnLiveLines)


def test_there_are_two_processes_at_most(tmp_path: Path) -> None:
    with ExitStack() as running:
        made = [
            running.enter_context(live_lines(TERMS, tmp_path, subscriptions=MANY_SUBSCRIPTIONS, check=nothing))
            for _ in range(3)
        ]
        assert [type(one) for one in made] == [LiveLinesBeside, LiveLinesBeside, OwnLiveLines]
    with live_lines(TERMS, tmp_path, subscriptions=MANY_SUBSCRIPTIONS, check=nothing) as lines:
        assert isinstance(lines, LiveLinesBeside)


def test_large_fetches_come_in_batches(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    subscription = AzureSubscription("11111111-1111-4111-8111-111111111111", "Large")
    item = next(next(iter(ESTATE.subscriptions.values())).items())
    part = Part({subscription.id: subscription.name}, Rules(), spool.batch())
    part.batch.add(msgspec.json.encode([{**item, "id": f"{item['id']}-{number}"} for number in range(BATCH_ROWS + 1)]))
    part.batch.close()
    with live_lines(TERMS, tmp_path, subscriptions=MANY_SUBSCRIPTIONS, check=nothing) as lines:
        lines.take(part)
        assert [batch.count for batch in lines.lines()] == [BATCH_ROWS, 1]


def test_process_that_is_killed_is_told_as_what_may_be_tried_again(tmp_path: Path) -> None:
    with live_lines(TERMS, tmp_path, subscriptions=MANY_SUBSCRIPTIONS, check=nothing) as lines:
        (child,) = children("beside_child")
        os.kill(child.pid, signal.SIGKILL)
        with pytest.raises(LinesFailedError, match="ended by signal 9") as while_lines_are_awaited:
            list(lines.lines())
        with pytest.raises(LinesFailedError, match="ended by signal 9"):
            lines.take(next(parts_of(tmp_path)))
    assert while_lines_are_awaited.value.retryable


def page_that_is_none(folder: Path) -> Part:
    (folder / "other").mkdir()
    part = next(parts_of(folder))
    part.batch = Spool(folder / "other").batch()
    part.batch.add(b'{"no": "list"}')
    part.batch.close()
    return part


def test_page_that_is_none_fails_as_it_would_here_while_lines_are_awaited(tmp_path: Path) -> None:
    with live_lines(TERMS, tmp_path, subscriptions=MANY_SUBSCRIPTIONS, check=nothing) as lines:
        lines.take(page_that_is_none(tmp_path))
        with pytest.raises(UnexpectedLinesError) as failed:
            list(lines.lines())
    assert "Expected `array`" in failed.value.__notes__[0]
    assert not is_retryable(failed.value)


def test_page_that_is_none_fails_as_it_would_here_while_parts_come(tmp_path: Path) -> None:
    with live_lines(TERMS, tmp_path, subscriptions=MANY_SUBSCRIPTIONS, check=nothing) as lines:
        (child,) = children("beside_child")
        lines.take(page_that_is_none(tmp_path))
        until(lambda: child.status() == psutil.STATUS_ZOMBIE, "the process to end")
        with pytest.raises(UnexpectedLinesError) as failed:
            lines.take(part_of(Spool(tmp_path / "other"), next(iter(ESTATE.subscriptions.values()))))
    assert "Expected `array`" in failed.value.__notes__[0]


def test_full_disk_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "000001.lines").symlink_to("/dev/full")
    with live_lines(TERMS, tmp_path, subscriptions=MANY_SUBSCRIPTIONS, check=nothing) as lines:
        lines.take(next(parts_of(tmp_path)))
        with pytest.raises(OSError, match="No space left") as failed:
            list(lines.lines())
    assert Problem.of(failed.value).code == "disk_full"
    assert is_retryable(failed.value)


class StoppedError(Exception):
    """Somebody asked for it."""


def test_stop_is_heard_while_the_process_works_and_ends_it(tmp_path: Path) -> None:
    def stop() -> None:
        raise StoppedError

    with live_lines(TERMS, tmp_path, subscriptions=MANY_SUBSCRIPTIONS, check=stop) as lines:
        # So that it is sure to take longer than a look.
        os.kill(children("beside_child")[0].pid, signal.SIGSTOP)
        lines.take(next(parts_of(tmp_path)))
        with pytest.raises(StoppedError):
            list(lines.lines())
    assert children("beside_child") == []


def test_stop_is_heard_while_the_process_takes_nothing_in(tmp_path: Path) -> None:
    looks: list[None] = []

    def check() -> None:
        looks.append(None)
        raise StoppedError

    with live_lines(TERMS, tmp_path, subscriptions=MANY_SUBSCRIPTIONS, check=check) as lines:
        os.kill(children("beside_child")[0].pid, signal.SIGSTOP)
        part = next(parts_of(tmp_path))
        part.names = {str(number): "x" * 100 for number in range(10_000)}
        with pytest.raises(StoppedError):
            lines.take(part)
    assert looks


def test_process_learns_no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", "hunter2")
    with live_lines(TERMS, tmp_path, subscriptions=MANY_SUBSCRIPTIONS, check=nothing):
        assert "hunter2" not in children("beside_child")[0].environ().values()
