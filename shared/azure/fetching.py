"""Fetching the recommendations of many subscriptions: in groups, several at once, each subscription read or said why not.

Every group is asked about three things: which of its subscriptions Resource Graph shows at all (it leaves those out silently
that a principal may not read), what is put aside in them, and their recommendations. A group that is refused, or whose
answer is not whole, is halved until the subscription at fault is alone; that one is read from Advisor's own lists, and
reported where these refuse it as well.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from shared.azure import advisor_lists, groups, queries
from shared.azure.calls import AzureCalls
from shared.azure.errors import AzurePermissionError, AzureRefusedError, AzureServiceError
from shared.azure.filters import FetchFilter
from shared.azure.parts import Fetched, Part, Refused
from shared.azure.put_aside import PutAside, Rules
from shared.azure.resource_graph import IncompleteAnswerError, ResourceGraph, decoded
from shared.azure.spool import Batch, Spool

_log = logging.getLogger(__name__)

_RECOMMENDATIONS = "list recommendations"
_SCORES = "read Advisor's scores"


class _Visible(msgspec.Struct, rename="camel"):
    subscription_id: str
    name: str = ""


_visible_rows = msgspec.json.Decoder(list[_Visible])
_put_aside_rows = msgspec.json.Decoder(list[PutAside])


@dataclass(frozen=True)
class _Outcome:
    """What became of one group: a part read, a subscription refused, smaller groups to try, subscriptions to list."""

    part: Part | None = None
    refused: Refused | None = None
    again: tuple[tuple[str, ...], ...] = ()
    listed: tuple[str, ...] = ()


class _PartFailedError(Exception):
    """Resource Graph answers, and yet not about these subscriptions: one of them may be at fault."""


class Fetching:
    """One fetch. ``names`` are the subscriptions' names as known before, by id in lower case.

    With ``tolerant`` a subscription whose own list Azure cannot give for now is reported like one that is refused; else that
    ends the fetch, to be tried again. ``on_part`` is told of each part once all of it is there. ``check`` is called between
    pages, by any thread, and may raise to stop.
    """

    def __init__(
        self,
        calls: AzureCalls,
        graph: ResourceGraph,
        spool: Spool,
        wanted: FetchFilter,
        *,
        names: dict[str, str],
        with_scores: bool = True,
        tolerant: bool = False,
        on_part: Callable[[Part], None] = lambda _part: None,
        on_progress: Callable[[int], None] = lambda _done: None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._calls = calls
        self._graph = graph
        self._spool = spool
        self._wanted = wanted
        self._query = queries.recommendations(wanted)
        self._names = names
        self._with_scores = with_scores
        self._tolerant = tolerant
        self._on_part = on_part
        self._on_progress = on_progress
        self._check = check
        self._given_up = threading.Event()

    def run(self, subscription_ids: Sequence[str]) -> Fetched:
        """Read all subscriptions; ``on_progress`` is told how many are done.

        Raises :class:`~shared.azure.errors.AzureCallError` where the whole fetch fails, and what the calls' ``wait`` raises.
        """
        waiting: deque[Callable[[], _Outcome]] = deque(
            partial(self._group, group) for group in groups.groups_of(subscription_ids)
        )
        fetched = Fetched()

        def take(outcome: _Outcome) -> None:
            waiting.extendleft(partial(self._group, group) for group in outcome.again)
            waiting.extend(partial(self._by_list, one) for one in outcome.listed)
            self._take(outcome, fetched)
            self._on_progress(fetched.read + len(fetched.refused))

        groups.in_flight(waiting, take, give_up=self._given_up.set)
        fetched.refused.sort(key=lambda refused: refused.subscription_id)
        return fetched

    def _take(self, outcome: _Outcome, fetched: Fetched) -> None:
        if outcome.part is not None and outcome.part.names:
            fetched.parts.append(outcome.part)
            self._on_part(outcome.part)
        if outcome.refused is not None:
            fetched.refused.append(outcome.refused)

    def _group(self, group: tuple[str, ...]) -> _Outcome:
        batch = self._spool.batch()
        try:
            part = self._part(group, batch)
        except (IncompleteAnswerError, AzurePermissionError, AzureRefusedError, _PartFailedError) as error:
            batch.drop()
            if len(group) == 1 or (isinstance(error, AzurePermissionError) and self._is_closed(group)):
                return _Outcome(listed=group)
            return _Outcome(again=groups.halves(group))
        except BaseException:
            batch.drop()
            raise
        return _Outcome(part, listed=tuple(one for one in group if one not in part.names))

    def _is_closed(self, group: tuple[str, ...]) -> bool:
        """Return whether a group is taken to be refused; lists know no tags, so nothing is where one is asked for."""
        return self._wanted.tag is None and groups.is_closed(self._graph, group)

    def _part(self, group: tuple[str, ...], batch: Batch) -> Part:
        visible = self._graph.rows(queries.SUBSCRIPTIONS, group, _visible_rows, asked_for=groups.LISTING)
        # Only those that were asked for: what else an answer may show belongs to no group of this fetch.
        seen = {one.subscription_id.lower(): one.name for one in visible}
        names = {one: seen[one] for one in group if one in seen}
        part = Part(names=names, rules=Rules(), batch=batch)
        shown = sorted(names)
        if not shown:
            return part
        try:
            self._read(part, shown)
        except IncompleteAnswerError:
            raise
        except AzureServiceError as error:
            # Tried again a few times by now, and the last attempt there is: the other subscriptions shall not miss for it.
            if not self._tolerant:
                raise
            raise _PartFailedError from error
        return part

    def _read(self, part: Part, shown: list[str]) -> None:
        part.rules.add(self._graph.rows(queries.PUT_ASIDE, shown, _put_aside_rows, asked_for="read what is put aside"))
        for page in self._graph.pages(self._query, shown, asked_for=_RECOMMENDATIONS):
            self._go_on()
            part.expected = page.total_records
            part.batch.add(memoryview(page.data))
        part.batch.close()
        if self._with_scores:
            part.scores = self._spool.batch()
            with part.scores.whole():
                for page in self._graph.pages(queries.SCORES, shown, asked_for=_SCORES):
                    self._go_on()
                    part.scores.add(memoryview(page.data))

    def _go_on(self) -> None:
        """Return while there is a point in asking on."""
        self._check()
        if self._given_up.is_set():
            raise groups.GivenUpError

    def _by_list(self, subscription_id: str) -> _Outcome:
        name = self._names.get(subscription_id, "")
        batch = self._spool.batch()
        if self._wanted.tag is not None:
            reason = "Resource Graph does not show it, and Advisor's own list knows no tags to filter by."
            return _Outcome(refused=Refused(subscription_id, name, "tags_unknown", reason))
        try:
            return _Outcome(self._listed(subscription_id, name, batch))
        except (AzurePermissionError, AzureRefusedError, AzureServiceError) as error:
            batch.drop()
            if error.retryable and not self._tolerant:
                raise
            return _Outcome(refused=Refused(subscription_id, name, error.code, error.message))

    def _listed(self, subscription_id: str, name: str, batch: Batch) -> Part:
        part = Part(names={subscription_id: name}, rules=Rules(), batch=batch, by_list=True)
        for noun in ("suppressions", "configurations"):
            for page in advisor_lists.pages(self._calls, subscription_id, noun, asked_for="read what is put aside"):
                part.rules.add(decoded(_put_aside_rows, page))
        for page in advisor_lists.pages(self._calls, subscription_id, "recommendations", asked_for=_RECOMMENDATIONS):
            self._go_on()
            batch.add(page)
        batch.close()
        if self._with_scores:
            part.scores = self._listed_scores(subscription_id)
        return part

    def _listed_scores(self, subscription_id: str) -> Batch:
        """Return the subscription's scores; none where Azure will not give them, which costs no recommendation."""
        scores = self._spool.batch()
        try:
            with scores.whole():
                for page in advisor_lists.pages(self._calls, subscription_id, "advisorScore", asked_for=_SCORES):
                    scores.add(page)
        except (AzurePermissionError, AzureRefusedError) as error:
            _log.warning("scores could not be read", extra={"action": "scores_failed", "code": error.code})
        return scores
