"""Timers of the Functions app: each says only that it is time."""

import logging

import azure.functions

from shared.telemetry.redaction import redact_error

_log = logging.getLogger(__name__)

# Second, minute, hour, day, month, day of week; UTC. What is due, and how often, is each act's own affair.
_EVERY_MINUTE = "0 * * * * *"


class TickFailedError(Exception):
    """A tick failed; the log says where."""


def register(app: azure.functions.AsgiFunctionApp) -> None:
    """Add the timers to ``app``."""

    @app.function_name("tick")
    @app.timer_trigger(arg_name="timer", schedule=_EVERY_MINUTE, run_on_startup=False, use_monitor=True)
    def tick(timer: azure.functions.TimerRequest) -> None:
        from function_app.asgi import services  # noqa: PLC0415 - the host only wants to index at first
        from shared.ticks.tick import tick as do_tick  # noqa: PLC0415

        try:
            do_tick(services(), driver="functions timer, late" if timer.past_due else "functions timer")
        except Exception as error:  # noqa: BLE001 - whatever it is, the host writes it down as it is given
            _log.exception("a tick failed", extra={"action": "tick_failed"})
            raise TickFailedError(redact_error(error)) from None
