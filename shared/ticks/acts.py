"""What recurs, and how often; new recurring work is one more entry here."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.audit import chain
from shared.connections import upkeep
from shared.credential_health import asking, gauges
from shared.database.tables import MailDelivery, WebhookDelivery
from shared.deliveries.jobs import revive
from shared.events.dispatching import Subscriber, dispatch
from shared.jobs import backlog
from shared.jobs.kinds import DELIVER_WEBHOOK, SEND_MAIL
from shared.jobs.retention import remove_expired_answers
from shared.jobs.sweep import sweep
from shared.mail import digests
from shared.mail import subscriber as mail
from shared.queue import results
from shared.scheduling import driving
from shared.services import Services
from shared.settings import Settings
from shared.ticks.advisor_texts import refresh_texts
from shared.ticks.expired_uploads import remove_expired_uploads
from shared.upkeep import audit_entries, daily
from shared.webhooks import subscriber as webhooks

_MINUTE_S = 60.0
_HOUR_S = 3600.0
# Often enough for alerts that look back a quarter of an hour.
_BACKLOG_S = 300.0
# A secret of a connection that was deleted should not lie about; mostly there is nothing to do.
_SECRETS_S = 30.0


@dataclass(frozen=True)
class Act:
    """One recurring act; safe to do twice, and to leave out for a while."""

    name: str
    every_s: float
    do: Callable[[Services], str]
    """Does it and returns in a few words what was done."""
    is_the_timers: bool = False
    """Whether the worker's clock leaves it to the timer of the front, as long as that one is heard of."""


def acts(settings: Settings) -> tuple[Act, ...]:
    """Return all recurring acts, the most urgent first."""
    return (
        # Before the sweep, which sends the messages of the jobs that they make.
        Act("schedules", _MINUTE_S, driving.drive, is_the_timers=True),
        Act("credential_checks", _MINUTE_S, asking.request_due, is_the_timers=True),
        Act("upkeep", _MINUTE_S, daily.request, is_the_timers=True),
        *([Act("digests", _MINUTE_S, digests.request_due)] if settings.smtp_host else []),
        Act("events", settings.sweep_interval_s, _pass_events_on),
        Act("sweep", settings.sweep_interval_s, lambda services: str(sweep(services))),
        *([Act("wake", settings.sweep_interval_s, backlog.fit_alarm)] if settings.wake_queue_url else []),
        Act("audit", settings.sweep_interval_s, lambda services: f"sealed {chain.seal(services.system_database)}"),
        Act("backlog", _BACKLOG_S, backlog.report),
        Act("credential_alarm", _BACKLOG_S, gauges.report),
        Act("secrets", _SECRETS_S, upkeep.tidy),
        Act("uploads", _HOUR_S, lambda services: f"removed {remove_expired_uploads(services)}"),
        Act("retention", _HOUR_S, _remove_what_expired),
        Act("advisor_texts", _HOUR_S, refresh_texts),
    )


def subscribers(settings: Settings) -> tuple[Subscriber, ...]:
    """Return what follows from events; each writes rows in the transaction in which the event is passed on."""
    return (webhooks.subscribe, *((mail.subscribe,) if settings.smtp_host else ()))


def _pass_events_on(services: Services) -> str:
    database = services.system_database
    passed_on = dispatch(database, subscribers(services.settings))
    revived = revive(database, WebhookDelivery, DELIVER_WEBHOOK) + revive(database, MailDelivery, SEND_MAIL)
    return f"passed on {passed_on}" + (f", revived {revived} deliveries" if revived else "")


def _remove_what_expired(services: Services) -> str:
    gone = results.remove_expired(services.system_database, lifetime_s=services.settings.celery_results_lifetime_s)
    entries = audit_entries.remove_old_of_nobody(services)
    return f"removed {remove_expired_answers(services)} kept answers, {gone} task results, {entries} audit entries of nobody"
