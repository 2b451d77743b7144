"""Timers of the Functions app: each says only that it is time."""

import azure.functions

# Second, minute, hour, day, month, day of week; UTC. What is due, and how often, is each act's own affair.
_EVERY_MINUTE = "0 * * * * *"


def register(app: azure.functions.AsgiFunctionApp) -> None:
    """Add the timers to ``app``."""

    @app.function_name("tick")
    @app.timer_trigger(arg_name="timer", schedule=_EVERY_MINUTE, run_on_startup=False, use_monitor=True)
    def tick(timer: azure.functions.TimerRequest) -> None:
        from function_app.asgi import services  # noqa: PLC0415 - the host only wants to index at first
        from shared.ticks.tick import tick as do_tick  # noqa: PLC0415

        do_tick(services(), driver="functions timer, late" if timer.past_due else "functions timer")
