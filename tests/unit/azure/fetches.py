"""Fetches against the simulator, without a database: what they gave and what it took."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from azure.core.credentials import AccessToken

from shared.advisor.recommendation import Recommendation, RejectedRow
from shared.azure.calls import AzureCalls, Tally
from shared.azure.fetching import Fetching
from shared.azure.filters import FetchFilter
from shared.azure.live_rows import Counts, LiveRows, Terms
from shared.azure.parts import Fetched
from shared.azure.resource_graph import ResourceGraph
from shared.azure.scores import Score, ScoreRow, score_in
from shared.azure.spool import Spool
from shared.settings import Settings
from tests.simulators.azure_management import AzureManagement


class OpenGate:
    """Lets everything through."""

    def enter(self, _token: str, _wait: object) -> str:
        """Return at once."""
        return ""

    def leave(self, _mark: str, _status: int, _headers: Mapping[str, str], _retry_after_s: float | None) -> None:
        """Take no note."""


@dataclass
class IssuedCredential:
    """A credential with the simulator's own tokens."""

    azure: AzureManagement

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """Return the present token."""
        token = self.azure.issuer.token(scopes[0].removesuffix("/.default"))
        return AccessToken(token.text, token.expires_on)


@dataclass
class Got:
    """What a fetch gave."""

    fetched: Fetched
    rows: list[Recommendation]
    rejected: list[RejectedRow]
    scores: list[Score]
    counts: Counts
    tally: Tally
    waits: list[float]

    @property
    def ids(self) -> set[str]:
        """Advisor's own ids of what was accepted."""
        return {row.recommendation_id for row in self.rows}


@contextmanager
def calls_to(azure: AzureManagement, waits: list[float] | None = None) -> Iterator[AzureCalls]:
    """Calls that note their pauses instead of making them."""
    with tempfile.TemporaryDirectory() as folder:
        variables = azure.environment(Path(folder) / "authority.pem")
        settings = Settings.model_construct(
            azure_management_url=variables["AZURE_MANAGEMENT_URL"],
            azure_management_ca_file=Path(variables["AZURE_MANAGEMENT_CA_FILE"]),
        )
        with AzureCalls(settings, IssuedCredential(azure), wait=(waits if waits is not None else []).append) as calls:
            yield calls


def fetch(
    azure: AzureManagement,
    wanted: FetchFilter | None = None,
    *,
    keep_put_aside: bool = False,
    tolerant: bool = False,
    metadata: Mapping[str, Any] | None = None,
    with_scores: bool = True,
) -> Got:
    """Fetch everything in the simulator's estate."""
    waits: list[float] = []
    wanted = wanted or FetchFilter()
    with calls_to(azure, waits) as calls, tempfile.TemporaryDirectory() as folder:
        fetching = Fetching(
            calls,
            ResourceGraph(calls, OpenGate()),
            Spool(Path(folder)),
            wanted,
            names={},
            tolerant=tolerant,
            with_scores=with_scores,
        )
        fetched = fetching.run(list(azure.estate.subscriptions))
        live = LiveRows(Terms(wanted, metadata or {}, keep_put_aside))
        found = [row for part in fetched.parts for row in live.of(part)]
        pages = [page for part in fetched.parts if part.scores for page in part.scores]
    accepted = [row for row in found if isinstance(row, Recommendation)]
    rejected = [row for row in found if isinstance(row, RejectedRow)]
    rows = [row for page in pages for row in msgspec.json.decode(page, type=list[ScoreRow])]
    scores = [score for row in rows if (score := score_in(row)) is not None]
    return Got(fetched, accepted, rejected, scores, live.counts, calls.tally, waits)
