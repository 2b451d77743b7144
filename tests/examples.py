"""The examples that Hypothesis makes up for a property.

A run makes up the same ones as the run before, so that whoever sees a failure sees it again, and a machine that is slow or
has other things to do fails nothing. ``make test TESTS=--hypothesis-profile=search`` looks for new ones, and for more.
"""

from hypothesis import HealthCheck, settings


def choose() -> None:
    """Make up the same examples in every run, unless the command line names the other profile."""
    patient = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("same", patient, derandomize=True)
    settings.register_profile("search", patient, derandomize=False, max_examples=1000)
    settings.load_profile("same")
