"""Microsoft's texts about recommendations, read again once a day in every language that somebody asked for."""

import logging
import time

from shared.azure import metadata
from shared.azure.calls import AzureCalls
from shared.azure.errors import AzureNetworkError, AzureServiceError
from shared.azure.limiter import QueryLimiter
from shared.azure.resource_graph import ResourceGraph
from shared.errors import AdvisorReportsError
from shared.services import Services

_log = logging.getLogger(__name__)

# Other acts wait for this one; what is not done by then is done an hour later.
_PATIENCE_S = 120.0


def refresh_texts(services: Services) -> str:
    """Read the texts that are older than a day, by this installation's own identity, and say in a few words what was read.

    An installation that never fetched from Azure asks for nothing. An identity without the right to read leaves the texts to
    the next fetch, which reads them by its connection. A language that fails costs the others nothing.
    """
    due = metadata.known_and_stale(services.system_database)
    if not due:
        return "nothing due"
    until = time.monotonic() + _PATIENCE_S

    def wait(seconds: float) -> None:
        if time.monotonic() + seconds > until:
            raise AzureServiceError("Azure could not be asked within the time that there is.")
        time.sleep(seconds)

    read = 0
    failed: dict[str, str] = {}
    with AzureCalls(services.settings, services.credential, wait=wait) as calls:
        graph = ResourceGraph(calls, QueryLimiter(services.redis, queries=services.settings.azure_graph_queries))
        for language in due:
            try:
                read += metadata.refresh(services.system_database, graph, language)
            except AdvisorReportsError as error:
                failed[language] = error.code
                _log.warning(
                    "Advisor's texts could not be read again",
                    extra={"action": "metadata_failed", "language": language, "code": error.code},
                    exc_info=error,
                )
                if isinstance(error, AzureNetworkError) or time.monotonic() > until:
                    break
    if failed:
        return f"read {read} types, failed: {', '.join(f'{language} ({code})' for language, code in failed.items())}"
    return f"read {read} types in {len(due)} languages"
