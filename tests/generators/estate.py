"""A made-up company in Azure: subscriptions, resource groups and resources with the names that people give them."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from tests.generators.catalogue import COMMITMENT_TEXTS, ENTRIES, RESOURCES, Entry

_NAMESPACE = uuid.UUID("6f1d5c52-7d6a-5f0a-9f55-0d8c6f5b7c11")
_SUBSCRIPTION_NAMES = (
    "Contoso Retail Production", "Contoso Platform", "Contoso Data & Analytics", "Contoso Retail Test", "Contoso ERP (SAP)",
    "Contoso Logistics Production", "Contoso Sandbox", "Contoso Identity", "Contoso Manufacturing, Europe",
    "Contoso Web Shop",
)  # fmt: skip
_WORKLOADS = (
    "webshop", "checkout", "pricing", "warehouse", "crm", "loyalty", "identity", "sap", "billing", "analytics", "search",
    "intranet", "tracking", "forecast", "catalog", "media", "payments", "returns", "planning", "portal",
)  # fmt: skip
_ENVIRONMENTS = ("prod", "prod", "prod", "test", "dev")
_REGIONS = ("weu", "neu", "eus2", "gwc", "uks")
_LONG_TAIL = "-with-a-name-that-somebody-made-from-the-whole-path-of-the-deployment-pipeline-and-its-build-number-2024-11-07"
# Words for names in other scripts, which subscriptions and resource groups may have.
SCRIPTS: dict[str, tuple[str, ...]] = {
    "zh": ("生产环境", "数据平台", "订单服务"),
    "ja": ("本番環境", "在庫管理システム", "会計"),
    "ar": ("الإنتاج", "منصة-البيانات", "الفوترة"),
    "cyrillic": ("Производство", "Бухгалтерия", "Склад"),
    "accents": ("Générale-Été", "Köln-Straßenverkehr", "Łódź-Zażółć"),
}


class Subscription(NamedTuple):
    """A subscription's id and name."""

    id: str
    name: str


class Finding(NamedTuple):
    """One recommendation for one resource; ``annual_savings`` in whole units of currency."""

    entry: Entry
    subscription: Subscription
    resource_group: str
    resource_name: str
    annual_savings: int | None
    updated: str


@dataclass(frozen=True)
class Estate:
    """What is asked for: how many rows, from which seed, with which scripts in names, with very long names or not."""

    rows: int
    seed: int = 1
    scripts: tuple[str, ...] = ()
    long_names: bool = False
    categories: tuple[str, ...] = ()
    """Only these; empty for all."""

    def subscriptions(self) -> list[Subscription]:
        """The company's subscriptions: some for a small estate, hundreds for a large one."""
        count = min(400, max(4, self.rows // 160 if self.rows <= 2_000 else 12 + self.rows // 5_000))
        names = [name for script in self.scripts for name in SCRIPTS[script]]
        found = []
        for number in range(count):
            name = _SUBSCRIPTION_NAMES[number % len(_SUBSCRIPTION_NAMES)]
            if number >= len(_SUBSCRIPTION_NAMES):
                name = f"{name} {number // len(_SUBSCRIPTION_NAMES) + 1:02d}"
            if names:
                name = f"{name} {names[number % len(names)]}"
            found.append(Subscription(self.guid("subscription", number), name))
        return found

    def guid(self, *parts: object) -> str:
        """A GUID that is always the same for the same parts."""
        return str(uuid.uuid5(_NAMESPACE, "/".join(map(str, (self.seed, *parts)))))

    def findings(self) -> Iterator[Finding]:
        """Yield :attr:`rows` findings, recommendation by recommendation, commitments first."""
        rng = random.Random(self.seed)
        subscriptions = self.subscriptions()
        entries = [entry for entry in ENTRIES if not self.categories or entry.category in self.categories]
        commitments = self._commitments(rng, subscriptions)[: self.rows // 40]
        yield from commitments
        for entry, count in _shares(entries, self.rows - len(commitments), len(subscriptions)).items():
            yield from self._of_entry(entry, count, rng, subscriptions)

    def _commitments(self, rng: random.Random, subscriptions: list[Subscription]) -> list[Finding]:
        if self.categories and "Cost" not in self.categories:
            return []
        found = []
        for subscription in subscriptions:
            for text in COMMITMENT_TEXTS[: rng.choice((0, 2, 3, 4))]:
                entry = Entry("Cost", "High", text, "subscription", "", 0)
                amount = round(rng.lognormvariate(8.1, 1.0))
                found.append(Finding(entry, subscription, "", subscription.name, amount, _moment(rng)))
        return found

    def _of_entry(
        self, entry: Entry, count: int, rng: random.Random, subscriptions: list[Subscription]
    ) -> Iterator[Finding]:
        """Yield ``count`` findings, each for a resource of its own; the pool of a type is the same for all its entries."""
        start = rng.randrange(40)  # so that entries of one type meet at the same resources
        words = [word for script in self.scripts for word in SCRIPTS[script]]
        random_value, lognormal = rng.random, rng.lognormvariate
        low, high = entry.savings or (0, 0)
        for step in range(count):
            number = start + step
            subscription = subscriptions[(number * 7 + number // 11) % len(subscriptions)]
            if entry.resource == "subscription":
                subscription = subscriptions[number % len(subscriptions)]
                yield Finding(entry, subscription, "", subscription.name, None, _moment(rng))
                continue
            group, name = _resource(entry.resource, number, self.long_names, words)
            amount = None
            if entry.savings and random_value() < entry.estimated_share:
                amount = min(high, max(low, round(low * lognormal(1.1, 0.9))))
            yield Finding(entry, subscription, group, name, amount, _moment(rng))


def _resource(kind: str, number: int, long_names: bool, words: list[str]) -> tuple[str, str]:
    """Return resource group and name of the resource of a kind that has this number."""
    workload = _WORKLOADS[number % len(_WORKLOADS)]
    environment = _ENVIRONMENTS[number // 3 % len(_ENVIRONMENTS)]
    region = _REGIONS[number // 5 % len(_REGIONS)]
    prefix = RESOURCES[kind].prefix
    group = f"rg-{workload}-{environment}-{region}"
    name = f"{prefix}-{workload}-{environment}-{number:03d}"
    if kind == "storage":  # which may have neither hyphens nor more than 24 characters
        name = f"st{workload}{environment}{number:03d}"[:24]
    if words and kind != "storage":
        group = f"rg-{words[number % len(words)]}-{environment}-{region}"
        name = f"{prefix}-{words[number // 2 % len(words)]}-{number:03d}"
    if long_names and number % 4 == 0:
        name += _LONG_TAIL
    return group, name


def _shares(entries: list[Entry], rows: int, subscriptions: int) -> dict[Entry, int]:
    """Share ``rows`` out by weight, exactly; a subscription gets each recommendation once, what is over goes elsewhere."""
    total, taken, weight, shares = sum(entry.weight for entry in entries), 0, 0, {}
    for entry in entries:
        weight += entry.weight
        until = rows * weight // total
        shares[entry] = until - taken if entry.resource != "subscription" else min(until - taken, subscriptions)
        taken = until
    shares[next(entry for entry in entries if entry.resource != "subscription")] += rows - sum(shares.values())
    return shares


@cache
def _moments() -> tuple[str, ...]:
    rng = random.Random(0)
    return tuple(
        f"2025-11-{rng.randint(14, 18):02d}T{rng.randrange(24):02d}:{rng.randrange(60):02d}:{rng.randrange(60):02d}"
        f".{rng.randrange(10_000_000):07d}Z"
        for _ in range(997)
    )


def _moment(rng: random.Random) -> str:
    moments = _moments()
    return moments[int(rng.random() * len(moments))]
