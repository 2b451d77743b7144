"""Azure Resource Graph, as far as its documentation goes: scope, pages, truncation, quota.

learn.microsoft.com: "Work with large data sets", "Guidance for throttled requests", "Understanding the query language".
"""

import base64
import random
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from tests.generators.advisor_metadata import metadata_rows
from tests.generators.azure_estate import ADVISOR_TYPE, AzureEstate, AzureSubscription
from tests.simulators.answers import Answer, error_answer
from tests.simulators.kql import evaluation
from tests.simulators.kql.parser import parse
from tests.simulators.kql.syntax import Columns, Comparison, Literal, Path, Query, QueryInvalidError, Where

_MOST_ROWS = 1000
_NONE_SHOWN = "NoValidSubscriptionsInQueryRequest"
_USUAL_ROWS = 100
_MOST_JOINS = 3
_PATH = "/providers/microsoft.resourcegraph/resources"


@dataclass
class Quota:
    """So many queries of one principal in each window; the window begins with its first query."""

    queries: int = 15
    window_s: float = 5.0
    counted: int = 0
    """Queries that were let through in all."""
    refused: int = 0
    first_at: float = 0.0
    last_at: float = 0.0
    """When the first and the last query were let through, in seconds of the monotonic clock."""
    _windows: dict[str, tuple[float, int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, principal: str) -> tuple[bool, int, float]:
        """Count one query and return whether it is within the quota, what is left, and seconds until all is there again."""
        now = time.monotonic()
        with self._lock:
            began, used = self._windows.get(principal, (now, 0))
            if now - began >= self.window_s:
                began, used = now, 0
            allowed = used < self.queries
            self.counted += allowed
            self.refused += not allowed
            if allowed:
                self.first_at, self.last_at = self.first_at or now, now
            used += allowed
            self._windows[principal] = began, used
            return allowed, self.queries - used, began + self.window_s - now


@dataclass
class ResourceGraph:
    """Answers queries over ``estate``. Results are kept, so that an estate of any size is evaluated once a query."""

    estate: AzureEstate
    quota: Quota | None = field(default_factory=Quota)
    unseen: set[str] = field(default_factory=set)
    """Subscriptions that it silently leaves out, as it does those that a principal may not read."""
    forbidden: set[str] = field(default_factory=set)
    """Subscriptions for which it refuses a whole query."""
    broken: set[str] = field(default_factory=set)
    """Subscriptions for which it fails whenever it is asked about anything of Advisor's."""
    queries: list[str] = field(default_factory=list)
    _results: dict[tuple[str, tuple[str, ...]], tuple[bool, bool, list[bytes]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def serves(self, path: str) -> bool:
        """Return whether ``path`` is this service's."""
        return path.lower() == _PATH

    def forget(self) -> None:
        """Let changes of the estate be seen."""
        with self._lock:
            self._results.clear()

    def answer(self, body: bytes, principal: str, *, repeat: bool = False, truncate: bool = False) -> Answer:
        """Answer one query, within the quota."""
        headers: dict[str, str] = {}
        if self.quota is not None:
            allowed, left, resets_after_s = self.quota.take(principal)
            seconds = max(1, -int(-resets_after_s // 1))
            headers = {"x-ms-user-quota-remaining": str(left), "x-ms-user-quota-resets-after": f"00:00:{seconds:02d}"}
            if not allowed:
                refusal = error_answer(429, "RateLimiting", "Please provide below info when asking for support.")
                return refusal.having({**headers, "Retry-After": str(seconds)})
        try:
            return self._query(orjson.loads(body), repeat=repeat, truncate=truncate).having(headers)
        except (QueryInvalidError, orjson.JSONDecodeError, TypeError, KeyError) as error:
            return error_answer(400, "BadRequest", f"InvalidQuery: {error}").having(headers)

    def _query(self, asked: dict[str, Any], *, repeat: bool, truncate: bool) -> Answer:
        options = asked.get("options") or {}
        top = int(options.get("$top") or _USUAL_ROWS)
        if not 1 <= top <= _MOST_ROWS or options.get("resultFormat", "objectArray") != "objectArray":
            return error_answer(400, "BadRequest", "options are not supported")
        given = asked.get("subscriptions")
        wanted = sorted({one.lower() for one in given}) if given is not None else sorted(self.estate.subscriptions)
        if self.forbidden & set(wanted):
            return error_answer(403, "AccessDenied", "AuthorizationFailed for one or more subscriptions.")
        seen = tuple(one for one in wanted if one in self.estate.subscriptions and one not in self.unseen)
        if given and not seen:
            return error_answer(400, "BadRequest", "Please provide below info when asking for support.", detail=_NONE_SHOWN)
        text = str(asked["query"])
        if self.broken & set(wanted) and text.lstrip().startswith("advisorresources"):
            return error_answer(500, "InternalServerError", "An internal error occurred.")
        pages_at_all, ordered, rows = self._result(text, seen)
        start = _offset(options.get("$skipToken"), text)
        if not ordered:
            # Without an order nothing says that two pages come from the same one.
            rows = random.sample(rows, len(rows))
        page = rows[max(0, start - top) : start] if repeat and start else rows[start : start + top]
        more = start + len(page) < len(rows) or truncate
        token = _token(start + top, text) if more and pages_at_all and not truncate else None
        return _page(page, len(rows), truncated=more and token is None, token=token, limit_hit=len(wanted) > 10_000)

    def _result(self, text: str, seen: tuple[str, ...]) -> tuple[bool, bool, list[bytes]]:
        """Return whether the result has pages, whether it has an order, and its rows as JSON."""
        key = text, seen
        with self._lock:
            if (found := self._results.get(key)) is not None:
                return found
        query = parse(text)
        if query.joins() > _MOST_JOINS:
            raise QueryInvalidError("more than three joins")
        self.queries.append(text)
        rows = evaluation.run(query, lambda table: self._rows(table, seen, _types(query) if table == query.table else None))
        result = _projects_id(query), evaluation.is_ordered(query), [orjson.dumps(row) for row in rows]
        with self._lock:
            self._results[key] = result
        return result

    def _rows(self, table: str, seen: tuple[str, ...], types: set[str] | None) -> Iterator[dict[str, Any]]:
        """Yield a table's rows in scope; those of other ``types`` than the query asks for are not even looked at."""
        subscriptions = [self.estate.subscriptions[one] for one in seen]
        if table == "advisorresources":
            yield from self._advisor_rows(subscriptions, types)
        elif table == "resources":
            for subscription in subscriptions:
                yield from subscription.resources
        elif table == "resourcecontainers":
            for subscription in subscriptions:
                yield _container(self.estate, subscription)
            for name, (title, above) in self.estate.management_groups.items():
                yield _management_group(name, title, above)
        else:
            raise QueryInvalidError(f"unknown table {table!r}")

    def _advisor_rows(self, subscriptions: Iterable[AzureSubscription], types: set[str] | None) -> Iterator[dict[str, Any]]:
        if types is None or "microsoft.advisor/metadata" in types:
            for language in self.estate.languages:
                yield from metadata_rows(language)
        for subscription in subscriptions:
            if types is None or ADVISOR_TYPE in types:
                yield from subscription.items()
            for row in (*subscription.suppressions, *subscription.configurations, *subscription.scores):
                yield {**row, "type": row["type"].lower(), "subscriptionId": subscription.id}


def _container(estate: AzureEstate, subscription: AzureSubscription) -> dict[str, Any]:
    chain = [{"name": name, "displayName": estate.management_groups[name][0]} for name in estate.chain(subscription)]
    return {
        "id": f"/subscriptions/{subscription.id}",
        "name": subscription.name,
        "type": "microsoft.resources/subscriptions",
        "subscriptionId": subscription.id,
        "tags": subscription.tags,
        "properties": {"state": subscription.state, "managementGroupAncestorsChain": chain},
    }


def _management_group(name: str, title: str, above: str) -> dict[str, Any]:
    parent = {"id": f"/providers/Microsoft.Management/managementGroups/{above}", "name": above} if above else None
    return {
        "id": f"/providers/Microsoft.Management/managementGroups/{name}",
        "name": name,
        "type": "microsoft.management/managementgroups",
        "subscriptionId": "",
        "properties": {"displayName": title, "details": {"parent": parent}},
    }


def _types(query: Query) -> set[str] | None:
    """Return the types that the first condition of a query names, if it is about the type and nothing else."""
    first = query.operators[0] if query.operators else None
    if not isinstance(first, Where) or not isinstance(first.condition, Comparison):
        return None
    condition = first.condition
    if condition.left != Path(("type",)) or condition.operator not in {"=~", "in~"}:
        return None
    values = condition.right if isinstance(condition.right, tuple) else (condition.right,)
    return {str(value.value).lower() for value in values if isinstance(value, Literal)}


def _projects_id(query: Query) -> bool:
    kept = [operator for operator in query.operators if isinstance(operator, Columns) and operator.operator == "project"]
    return not kept or any(name == "id" for name, _ in kept[-1].columns)


def _page(rows: list[bytes], total: int, *, truncated: bool, token: str | None, limit_hit: bool) -> Answer:
    end = b',"$skipToken":"%s"}' % token.encode() if token else b"}"
    head = b'{"totalRecords":%d,"count":%d,"data":[' % (total, len(rows))
    tail = b'],"facets":[],"resultTruncated":"%s"' % (b"true" if truncated else b"false")
    headers = {"x-ms-tenant-subscription-limit-hit": "true"} if limit_hit else {}
    return Answer(200, head + b",".join(rows) + tail + end, headers)


def _token(offset: int, text: str) -> str:
    return base64.urlsafe_b64encode(orjson.dumps({"offset": offset, "query": hash(text)})).decode()


def _offset(token: str | None, text: str) -> int:
    if not token:
        return 0
    try:
        said = orjson.loads(base64.urlsafe_b64decode(token))
    except ValueError as error:
        raise QueryInvalidError("the skip token is damaged") from error
    if said["query"] != hash(text):
        raise QueryInvalidError("the skip token belongs to another query")
    return int(said["offset"])
