"""The recorded numbers as those who read them want them: tokens by age, and through OpenTelemetry where that is set."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from opentelemetry import metrics as opentelemetry
from opentelemetry.metrics import CallbackOptions, Observation
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from shared.telemetry.metrics import DEFINITIONS, TOKEN_EXPIRY, TOKEN_FETCHED, Kind

_AGE = "azure_token_age_seconds"
_EXPIRES_IN = "azure_token_expires_in_seconds"
# One collection asks for each metric on its own; all get what the first one found.
_SAME_COLLECTION_S = 1.0


class Readable(Collector):
    """What ``collected`` gives, with the age of tokens and the time they have left in place of timestamps."""

    def __init__(self, collected: Callable[[], Iterable[Metric]]) -> None:
        self._collected = collected

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics as of now."""
        now = time.time()
        for family in self._collected():
            if family.name == TOKEN_FETCHED.name:
                yield _converted(family, _AGE, "Age of the newest token", lambda at: max(0.0, now - at))
            elif family.name == TOKEN_EXPIRY.name:
                yield _converted(family, _EXPIRES_IN, "Life left to the newest token", lambda at: max(0.0, at - now))
            else:
                yield family


def _converted(family: Metric, name: str, text: str, convert: Callable[[float], float]) -> Metric:
    gauge = GaugeMetricFamily(name, text, labels=["scope"])
    for sample in family.samples:
        gauge.add_metric([sample.labels["scope"]], convert(sample.value))
    return gauge


@dataclass
class _Snapshot:
    """All samples by name, kept for the length of one collection."""

    source: Collector
    taken_at: float = float("-inf")
    samples: dict[str, list[Observation]] | None = None

    def of(self, name: str) -> list[Observation]:
        now = time.monotonic()
        if self.samples is None or now - self.taken_at > _SAME_COLLECTION_S:
            found: dict[str, list[Observation]] = {}
            for family in self.source.collect():
                for sample in family.samples:
                    found.setdefault(sample.name, []).append(Observation(sample.value, dict(sample.labels)))
            self.samples, self.taken_at = found, now
        return self.samples.get(name, [])


def export_by_opentelemetry(source: Collector) -> None:
    """Let OpenTelemetry's readers export ``source``; of a histogram its sum and its count, all that a rate needs."""
    meter = opentelemetry.get_meter("advisor-reports")
    snapshot = _Snapshot(source)

    def observing(name: str) -> list[Callable[[CallbackOptions], Iterable[Observation]]]:
        return [lambda _options: snapshot.of(name)]

    for made in DEFINITIONS:
        if made.kind is Kind.COUNTER:
            name = f"{made.name}_total"
            meter.create_observable_counter(name, observing(name), description=made.help)
        elif made.kind is Kind.HISTOGRAM:
            for name in (f"{made.name}_sum", f"{made.name}_count"):
                meter.create_observable_counter(name, observing(name), description=made.help)
        elif made not in (TOKEN_FETCHED, TOKEN_EXPIRY):
            meter.create_observable_gauge(made.name, observing(made.name), description=made.help)
    for name, text in ((_AGE, "Age of the newest token"), (_EXPIRES_IN, "Life left to the newest token")):
        meter.create_observable_gauge(name, observing(name), unit="s", description=text)
