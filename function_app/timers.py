"""Timers of the Functions app: each says only that it is time."""

import azure.functions

from shared.ticks.tick import tick as do_tick

# Second, minute, hour, day, month, day of week; UTC. What is due, and how often, is each act's own affair.
_EVERY_MINUTE = "0 * * * * *"


def register(app: azure.functions.AsgiFunctionApp) -> None:
    """Add the timers to ``app``."""

    @app.function_name("tick")
    @app.timer_trigger(arg_name="timer", schedule=_EVERY_MINUTE, run_on_startup=False, use_monitor=True)
    def tick(timer: azure.functions.TimerRequest) -> None:
        from function_app.asgi import services  # noqa: PLC0415 - settings are read when first needed

        do_tick(services(), driver="functions_timer_past_due" if timer.past_due else "functions_timer")
