"""Waking workers that sleep: messages on a storage queue, whose number tells the platform how much work there is.

Container Apps start a worker role by the length of a storage queue, the one scale rule that needs no
key. The messages say nothing: workers never read them. :func:`Alarm.fit` keeps as many as there are unfinished jobs, so
that replicas come with work and go without it; :func:`Alarm.ring` only makes the first one come sooner.
"""

import logging
import threading
from typing import Any
from urllib.parse import urlsplit

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError, ResourceNotFoundError

from shared.errors import AdvisorReportsError
from shared.queue.names import ROLE_OF_QUEUE, Queue, Role
from shared.settings import Settings
from shared.storage.patience import BRIEF

_log = logging.getLogger(__name__)

# As many as one call receives; the scale rules ask for no more replicas than this stands for.
MOST_MESSAGES = 32
# A sleeping product must not be woken by what an outage left behind; whoever ticks writes anew what still holds.
_LIFETIME_S = 1800
_TEXT = "work"


class WakeQueueUnavailableError(AdvisorReportsError):
    """The storage queue that wakes workers did not answer as it should."""

    code = "wake_queue_unavailable"
    retryable = True


def queue_name(role: Role) -> str:
    """Return the name of the storage queue that wakes ``role``."""
    return f"wake-{role}"


class Alarm:
    """The wake queues of one storage account; safe to share between threads."""

    def __init__(self, settings: Settings, credential: TokenCredential) -> None:
        # A quarter of a second to import, and only installations whose workers sleep need it.
        from azure.storage.queue import LinearRetry, QueueClient  # noqa: PLC0415

        options: dict[str, Any] = {"retry_policy": LinearRetry(retry_total=0), **BRIEF.options}
        if settings.storage_ca_file is not None:
            options["connection_verify"] = str(settings.storage_ca_file)
        self._queues = {
            role: QueueClient(settings.wake_queue_url, queue_name(role), credential=credential, **options) for role in Role
        }
        self._host = urlsplit(settings.wake_queue_url).hostname
        self._pending: set[Role] = set()
        self._lock = threading.Lock()
        self._ringer: threading.Thread | None = None

    def ring(self, queue: str) -> None:
        """Wake the role that serves ``queue``, beside the caller's work; never raises.

        Rings that come while one is under way become one.
        """
        role = ROLE_OF_QUEUE[Queue(queue)]
        with self._lock:
            self._pending.add(role)
            if self._ringer is None:
                self._ringer = threading.Thread(target=self._ring_pending, name="alarm", daemon=True)
                self._ringer.start()

    def fit(self, role: Role, unfinished: int) -> int:
        """Let the queue of ``role`` hold one message for each of ``unfinished`` jobs, at most 32, and return how many.

        Raises :class:`WakeQueueUnavailableError`.
        """
        wanted = min(unfinished, MOST_MESSAGES)
        queue = self._queues[role]
        try:
            if wanted == 0:
                queue.clear_messages()
                return 0
            there = queue.get_queue_properties().approximate_message_count or 0
            for _ in range(wanted - there):
                queue.send_message(_TEXT, time_to_live=_LIFETIME_S)
            if there > wanted:
                # What an alarm rang twice for would hold replicas that have nothing to do.
                surplus = min(there - wanted, MOST_MESSAGES)
                for message in queue.receive_messages(messages_per_page=surplus, max_messages=surplus):
                    queue.delete_message(message)
        except AzureError as error:
            raise self._unavailable(role, error) from error
        return wanted

    def prove(self, role: Role) -> None:
        """Put a message on the queue of ``role`` and take it off again; raises :class:`WakeQueueUnavailableError`."""
        queue = self._queues[role]
        try:
            queue.delete_message(queue.send_message(_TEXT, time_to_live=_LIFETIME_S))
        except AzureError as error:
            raise self._unavailable(role, error) from error

    def close(self) -> None:
        """Let what is being sent be sent, then close the connections."""
        with self._lock:
            ringer = self._ringer
        if ringer is not None:
            ringer.join(2 * BRIEF.read_s)
        for queue in self._queues.values():
            queue.close()

    def _ring_pending(self) -> None:
        while True:
            with self._lock:
                if not self._pending:
                    self._ringer = None
                    return
                role = self._pending.pop()
            try:
                self._queues[role].send_message(_TEXT, time_to_live=_LIFETIME_S)
            except Exception as error:  # noqa: BLE001 - the next tick wakes whom this ring did not
                told = self._unavailable(role, error)
                _log.warning(
                    "a worker was not woken, the next tick will: %s %s",
                    told.message,
                    told.next_step,
                    extra={"action": "wake_failed", "role": str(role), "error": type(error).__name__},
                )

    def _unavailable(self, role: Role, error: Exception) -> WakeQueueUnavailableError:
        if isinstance(error, ResourceNotFoundError):
            step = f"Create the queue {queue_name(role)} in the storage account, as the templates do."
        elif isinstance(error, ClientAuthenticationError):
            step = "Give the managed identity the role Storage Queue Data Contributor."
        else:
            step = "Check WAKE_QUEUE_URL and the storage account's firewall."
        return WakeQueueUnavailableError(
            f"The queue {queue_name(role)} at {self._host} did not answer as it should.", next_step=step
        )
