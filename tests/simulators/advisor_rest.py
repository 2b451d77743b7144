"""Advisor's REST API and the lists of subscriptions and management groups, as Azure Resource Manager serves them."""

import base64
import itertools
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import orjson

from tests.generators.azure_estate import DIRECTORY_ID, AzureEstate, AzureSubscription
from tests.simulators import advisor_metadata
from tests.simulators.answers import Answer, error_answer, json_answer

_PAGE_ROWS = 200
_SUBSCRIPTION = re.compile(r"/subscriptions/([^/]+)(/.*)?", re.IGNORECASE)
_ADVISOR = re.compile(r"(?:/resourcegroups/([^/]+))?/providers/microsoft\.advisor/([a-z]+)(?:/([^/]+))?", re.IGNORECASE)
_CLAUSE = re.compile(r"(Category|ResourceGroup|ResourceId) eq '((?:[^']|'')*)'", re.IGNORECASE)


@dataclass
class Advisor:
    """Answers REST calls over ``estate``."""

    estate: AzureEstate
    address: Callable[[], str]
    denied: set[str] = field(default_factory=set)
    """Subscriptions that are refused with 403."""
    generating_polls: int = 2
    """How often a refresh of recommendations is still running when it is asked about."""
    generated: list[str] = field(default_factory=list)
    on_generated: list[Callable[[AzureSubscription], None]] = field(default_factory=list)
    _runs: dict[str, int] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, target: str, *, elsewhere: bool = False) -> Answer:
        """Answer one call; ``target`` is path and query."""
        parts = urlsplit(target)
        query = {name.lower(): values[0] for name, values in parse_qs(parts.query).items()}
        if "api-version" not in query:
            return error_answer(400, "MissingApiVersionParameter", "The api-version query parameter is required.")
        path = parts.path.rstrip("/")
        lists = {"/subscriptions": self._subscriptions, "/providers/microsoft.management/managementgroups": self._groups}
        if (rows := lists.get(path.lower())) is not None:
            return self._page(path, query, rows(), elsewhere=elsewhere)
        if method == "GET" and (named := advisor_metadata.PATH.fullmatch(path)) is not None:
            return advisor_metadata.answer(named[1], query)
        match = _SUBSCRIPTION.fullmatch(path)
        if match is None:
            return error_answer(404, "InvalidResourceType", "The resource type could not be found.")
        return self._of_subscription(method, path, match, query, elsewhere=elsewhere)

    def _of_subscription(
        self, method: str, path: str, match: re.Match[str], query: dict[str, str], *, elsewhere: bool
    ) -> Answer:
        subscription = self.estate.subscriptions.get(match[1].lower())
        if subscription is None:
            return error_answer(404, "SubscriptionNotFound", f"The subscription '{match[1]}' could not be found.")
        if subscription.id in self.denied:
            action, scope = "Microsoft.Advisor/recommendations/read", f"/subscriptions/{subscription.id}"
            told = f"The client 'app' does not have authorization to perform action '{action}' over scope '{scope}'."
            return error_answer(403, "AuthorizationFailed", told)
        if match[2] is None:
            return json_answer(_listed(subscription))
        return self._advisor(method, subscription, path, match[2], query, elsewhere=elsewhere)

    def _subscriptions(self) -> list[dict[str, Any]]:
        return [_listed(one) for one in self.estate.subscriptions.values() if one.id not in self.denied]

    def _groups(self) -> list[dict[str, Any]]:
        return [_group(name, title) for name, (title, _) in self.estate.management_groups.items()]

    def _advisor(
        self, method: str, subscription: AzureSubscription, path: str, rest: str, query: dict[str, str], *, elsewhere: bool
    ) -> Answer:
        match = _ADVISOR.fullmatch(rest)
        if match is None:
            return error_answer(404, "InvalidResourceType", "The resource type could not be found.")
        group, noun, name = match[1], match[2].lower(), match[3]
        if noun == "generaterecommendations":
            return self._generate(subscription, path) if method == "POST" else self._generation(str(name))
        lists: dict[str, Callable[[], Iterable[dict[str, Any]]]] = {
            "recommendations": lambda: _filtered(subscription, query.get("$filter", "")),
            "suppressions": lambda: subscription.suppressions,
            "configurations": lambda: [
                row for row in subscription.configurations if group is None or _group_of(row) == group
            ],
            "advisorscore": lambda: [row for row in subscription.scores if name in (None, row["name"])],
        }
        if method != "GET" or noun not in lists:
            return error_answer(405, "MethodNotAllowed", "The method is not supported here.")
        return self._page(path, query, list(lists[noun]()), elsewhere=elsewhere)

    def _page(self, path: str, query: dict[str, str], rows: list[dict[str, Any]], *, elsewhere: bool) -> Answer:
        token = query.get("$skiptoken", "")
        start = int(orjson.loads(base64.b64decode(token))["offset"]) if token else 0
        top = min(int(query.get("$top", _PAGE_ROWS)), _PAGE_ROWS)
        body: dict[str, Any] = {"value": rows[start : start + top]}
        if start + top < len(rows):
            # Azure spells the provider its own way in its links.
            spelled = path.replace("Microsoft.Advisor", "microsoft.Advisor")
            following = base64.b64encode(orjson.dumps({"offset": start + top})).decode()
            filtered = f"&%24filter={quote(query['$filter'])}" if "$filter" in query else ""
            host = "https://elsewhere.example" if elsewhere else self.address()
            link = (
                f"{host}{spelled}?api-version={query['api-version']}{filtered}&%24top={top}&%24skiptoken={quote(following)}"
            )
            body["nextLink"] = link
        return json_answer(body).having({"x-ms-ratelimit-remaining-subscription-resource-requests": "1099"})

    def _generate(self, subscription: AzureSubscription, path: str) -> Answer:
        with self._lock:
            run = f"{next(self._numbers):032x}"
            self._runs[run] = self.generating_polls
        self.generated.append(subscription.id)
        for told in self.on_generated:
            told(subscription)
        return Answer(202, b"", {"Location": f"{self.address()}{path}/{run}?api-version=2023-01-01", "Retry-After": "1"})

    def _generation(self, run: str) -> Answer:
        with self._lock:
            if run not in self._runs:
                return error_answer(404, "OperationNotFound", "There is no such operation.")
            self._runs[run] -= 1
            left = self._runs[run]
        return Answer(202, b"", {"Retry-After": "1"}) if left >= 0 else Answer(204)


def _filtered(subscription: AzureSubscription, wanted: str) -> Iterable[dict[str, Any]]:
    clauses = {name.lower(): value.replace("''", "'").lower() for name, value in _CLAUSE.findall(wanted)}
    for row in subscription.items():
        seen = {
            "category": row["properties"]["category"].lower(),
            "resourcegroup": row["resourceGroup"],
            "resourceid": row["properties"]["resourceMetadata"]["resourceId"].lower(),
        }
        if all(seen[name] == value for name, value in clauses.items()):
            yield {
                "properties": row["properties"],
                "id": row["id"],
                "type": "Microsoft.Advisor/recommendations",
                "name": row["name"],
            }


def _group_of(row: dict[str, Any]) -> str:
    parts = row["id"].split("/")
    return parts[4] if parts[3].lower() == "resourcegroups" else ""


def _listed(subscription: AzureSubscription) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{subscription.id}",
        "subscriptionId": subscription.id,
        "displayName": subscription.name,
        "tenantId": DIRECTORY_ID,
        "state": subscription.state,
        "tags": subscription.tags,
    }


def _group(name: str, title: str) -> dict[str, Any]:
    return {
        "id": f"/providers/Microsoft.Management/managementGroups/{name}",
        "type": "Microsoft.Management/managementGroups",
        "name": name,
        "properties": {"displayName": title},
    }
