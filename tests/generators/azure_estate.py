"""An estate as Azure itself holds it: subscriptions below management groups, their resources, and what Advisor says of them.

Rows are kept as the JSON of Resource Graph, because an estate of 200,000 recommendations has to fit into memory.
"""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from tests.generators.advisor_json import rest_family
from tests.generators.catalogue import ENTRIES, RESOURCES, SAVINGS_PLAN_TEXT, VM_RESERVATION_TEXT, Entry
from tests.generators.estate import Finding
from tests.generators.estate import Subscription as Named
from tests.measuring import unmeasured

DIRECTORY_ID = "7d6c3c2e-5a0f-4a9e-9b66-0c8f5a2d1e47"
_NAMESPACE = uuid.UUID("2f9d1a64-5f0e-5f60-a1b4-64c1f6d2a9e3")
_AREAS = ("Retail", "Platform", "Data", "Logistics", "Identity", "Manufacturing", "Web", "Sandbox")
_ENVIRONMENTS = ("prod", "prod", "test", "dev")
_LOCATIONS = ("westeurope", "northeurope", "eastus2", "germanywestcentral")
_SCORE_NAMES = ("Cost", "Security", "HighAvailability", "OperationalExcellence", "Performance", "Advisor")
ADVISOR_TYPE = "microsoft.advisor/recommendations"


@dataclass
class AzureSubscription:
    """One subscription and everything in it; rows as Resource Graph answers them."""

    id: str
    name: str
    state: str = "Enabled"
    tags: dict[str, str] = field(default_factory=dict)
    management_group: str = ""
    recommendations: list[bytes] = field(default_factory=list)
    suppressions: list[dict[str, Any]] = field(default_factory=list)
    configurations: list[dict[str, Any]] = field(default_factory=list)
    resources: list[dict[str, Any]] = field(default_factory=list)
    scores: list[dict[str, Any]] = field(default_factory=list)

    def items(self) -> Iterator[dict[str, Any]]:
        """Yield the recommendations, each as a row of its own that the caller may change."""
        return map(orjson.loads, self.recommendations)

    def add(self, item: dict[str, Any]) -> dict[str, Any]:
        """Add one recommendation, given as an item of the REST API, and return its row."""
        row = graph_row(item, self.id)
        self.recommendations.append(orjson.dumps(row))
        return row

    def suppress(self, row: dict[str, Any], *, ttl: str = "-1", until: datetime | None = None) -> None:
        """Put a recommendation aside: for good, or until a moment."""
        number = len(self.suppressions)
        properties = {"suppressionId": _guid(self.id, "suppression", number), "ttl": ttl}
        if until is not None:
            properties["expirationTimeStamp"] = until.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
        self.suppressions.append({
            "id": f"{row['id']}/suppressions/HardcodedSuppressionName",
            "name": "HardcodedSuppressionName",
            "type": "Microsoft.Advisor/suppressions",
            "properties": properties,
        })  # fmt: skip

    def configure(self, *, resource_group: str = "", exclude: bool = False, low_cpu: str | None = None) -> None:
        """Set Advisor's configuration of the subscription, or of one of its resource groups."""
        scope = f"/subscriptions/{self.id}" + (f"/resourceGroups/{resource_group}" if resource_group else "")
        properties: dict[str, Any] = {"exclude": exclude}
        if not resource_group:
            properties |= {"lowCpuThreshold": low_cpu, "duration": "7"} if low_cpu else {}
        self.configurations.append({
            "id": f"{scope}/providers/Microsoft.Advisor/configurations/default",
            "name": "default",
            "type": "Microsoft.Advisor/configurations",
            "properties": properties,
        })  # fmt: skip


@dataclass
class AzureEstate:
    """Everything that one directory holds."""

    subscriptions: dict[str, AzureSubscription] = field(default_factory=dict)
    management_groups: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By name: display name, and the name of the group above, empty for the root."""
    languages: tuple[str, ...] = ("en", "de", "es", "fr", "it", "ja", "nl", "pt-br")

    def recommendations(self) -> int:
        """Return how many recommendations there are in all, whatever their standing."""
        return sum(len(subscription.recommendations) for subscription in self.subscriptions.values())

    def chain(self, subscription: AzureSubscription) -> list[str]:
        """Return the names of the management groups above a subscription, the nearest first."""
        found, name = [], subscription.management_group
        while name:
            found.append(name)
            name = self.management_groups[name][1]
        return found


@unmeasured()
def make_estate(subscriptions: int, recommendations: int, *, seed: int = 1, put_aside: bool = True) -> AzureEstate:
    """Return an estate of a company: recommendations spread unevenly, some put aside where ``put_aside``, scores for all."""
    rng = random.Random(seed)
    estate = AzureEstate(management_groups={DIRECTORY_ID: ("Tenant Root Group", "")})
    for area in _AREAS:
        estate.management_groups[f"mg-{area.lower()}"] = (f"Contoso {area}", DIRECTORY_ID)
    made = [_subscription(number, seed) for number in range(subscriptions)]
    estate.subscriptions = {subscription.id: subscription for subscription in made}
    shares = [rng.lognormvariate(0, 0.6) for _ in made]
    left, weight = recommendations, sum(shares)
    for subscription, share in zip(made, shares, strict=True):
        count = min(left, round(left * share / weight)) if subscription is not made[-1] else left
        _fill(subscription, count, rng)
        left, weight = left - count, weight - share
        subscription.scores = list(_scores(subscription.id, rng))
        if put_aside and count >= 20:
            _put_some_aside(subscription)
    return estate


def graph_row(item: dict[str, Any], subscription_id: str) -> dict[str, Any]:
    """Return an item of the REST API as Resource Graph shows it."""
    parts = item["id"].split("/")
    return {
        **item,
        "type": ADVISOR_TYPE,
        "tenantId": DIRECTORY_ID,
        "kind": "",
        "location": "",
        "resourceGroup": parts[4].lower() if len(parts) > 4 and parts[3].lower() == "resourcegroups" else "",
        "subscriptionId": subscription_id,
    }


def _subscription(number: int, seed: int) -> AzureSubscription:
    area, environment = _AREAS[number % len(_AREAS)], _ENVIRONMENTS[number // len(_AREAS) % len(_ENVIRONMENTS)]
    return AzureSubscription(
        id=_guid(seed, "subscription", number),
        name=f"Contoso {area} {environment} {number + 1:03d}",
        tags={"environment": environment, "costCenter": f"CC-{number % 7:02d}"},
        management_group=f"mg-{area.lower()}",
    )


def _fill(subscription: AzureSubscription, count: int, rng: random.Random) -> None:
    named = Named(subscription.id, subscription.name)
    resources: dict[str, dict[str, Any]] = {}
    for item in _items(named, count, rng):
        row = subscription.add(item)
        resource_id = row["properties"]["resourceMetadata"]["resourceId"]
        if row["resourceGroup"] and resource_id not in resources:
            resources[resource_id] = {
                "id": resource_id,
                "name": row["properties"]["impactedValue"],
                "type": row["properties"]["impactedField"].lower(),
                "location": rng.choice(_LOCATIONS),
                "resourceGroup": row["resourceGroup"],
                "subscriptionId": subscription.id,
                "tags": {**subscription.tags, "owner": rng.choice(("team-a", "team-b", "team-c"))},
            }
    subscription.resources = list(resources.values())


def _items(named: Named, count: int, rng: random.Random) -> Iterator[dict[str, Any]]:
    weights = [entry.weight for entry in ENTRIES]
    made = 0
    for number in range(count):
        finding = _finding(named, number, rng, rng.choices(ENTRIES, weights)[0])
        if number in (8, 20):
            text = SAVINGS_PLAN_TEXT if number == 8 else VM_RESERVATION_TEXT
            entry = Entry("Cost", "High", text, "subscription", "", 0)
            finding = Finding(entry, named, "", named.name, rng.randrange(500, 40_000), finding.updated)
        for item in rest_family(finding, rng, "USD"):
            if made == count:
                return
            made += 1
            # Names are Advisor's own and never the same twice, however alike two findings are.
            name = _guid(named.id, "recommendation", made)
            yield {**item, "id": f"{item['id'].rpartition('/')[0]}/{name}", "name": name}


def _finding(named: Named, number: int, rng: random.Random, entry: Entry) -> Finding:
    moment = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=rng.randrange(2_000_000))
    updated = moment.strftime("%Y-%m-%dT%H:%M:%S.") + "1234567Z"
    if entry.resource == "subscription":
        return Finding(entry, named, "", named.name, None, updated)
    group = f"rg-{number % 9:02d}-{('prod', 'test')[number % 2]}"
    name = f"{RESOURCES[entry.resource].prefix}-{number:05d}"
    amount = None
    if entry.savings and rng.random() < entry.estimated_share:
        amount = rng.randrange(*entry.savings) if entry.savings[0] < entry.savings[1] else entry.savings[0]
    return Finding(entry, named, group, name, amount, updated)


def _put_some_aside(subscription: AzureSubscription) -> None:
    """Dismiss one, postpone one, let one postponement be over, and exclude a resource group."""
    rows = [row for row in subscription.items() if row["resourceGroup"] not in ("", "rg-07-test")]
    now = datetime.now(UTC)
    subscription.suppress(rows[0])
    subscription.suppress(rows[1], ttl="30.00:00:00", until=now + timedelta(days=21))
    subscription.suppress(rows[2], ttl="7.00:00:00", until=now - timedelta(days=1))
    subscription.configure(low_cpu="10")
    subscription.configure(resource_group="rg-07-test", exclude=True)


def _scores(subscription_id: str, rng: random.Random) -> Iterator[dict[str, Any]]:
    today = datetime(2026, 11, 25, tzinfo=UTC)
    for name in _SCORE_NAMES:
        # Both scales are in the wild: shares of one, and percent.
        percent = rng.randrange(40, 100)
        score = percent if name == "Security" else percent / 100
        facts = {
            "score": score,
            "consumptionUnits": round(rng.uniform(1, 900), 3),
            "impactedResourceCount": rng.randrange(40),
            "potentialScoreIncrease": round(rng.uniform(0, 5), 2),
        }
        history = [{**facts, "date": (today - timedelta(days=days)).strftime("%Y-%m-%dT00:00:00Z")} for days in range(4)]
        months = [{**facts, "date": f"2026-{month:02d}-01T00:00:00Z"} for month in range(8, 12)]
        yield {
            "id": f"/subscriptions/{subscription_id}/providers/Microsoft.Advisor/advisorScore/{name}",
            "name": name,
            "type": "Microsoft.Advisor/advisorScore",
            "properties": {
                "lastRefreshedScore": {**history[0], "categoryCount": rng.randrange(30)},
                "timeSeries": [
                    {"aggregationLevel": "day", "scoreHistory": history},
                    {"aggregationLevel": "Monthly", "scoreHistory": months},
                ],
            },
        }


def _guid(*parts: object) -> str:
    return str(uuid.uuid5(_NAMESPACE, "/".join(map(str, parts))))
