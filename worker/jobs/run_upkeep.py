"""Remove what served its time of one tenant, or count it."""

from collections.abc import Sequence

import msgspec

from shared.jobs.kinds import OfUpkeep
from shared.jobs.run import JobRun
from shared.upkeep import running


def run_upkeep(run: JobRun) -> None:
    """Do every removal; what one run does not come to, the next does."""
    _do(run)


def clean_mfa_data(run: JobRun) -> None:
    """Do the removals of sign-in leftovers alone, more often than the nightly upkeep where somebody wants that."""
    _do(run, running.MFA_STEPS)


def _do(run: JobRun, steps: Sequence[tuple[str, running.Step]] = ()) -> None:
    wanted = msgspec.convert(run.claim.arguments, OfUpkeep)

    def on_step(done: int, count: int, name: str) -> None:
        run.report_progress(100 * done / count, f"Removing: {name.replace('_', ' ')}")

    done = running.run_upkeep(
        run.services,
        run.tenant_id,
        dry_run=wanted.dry_run,
        job_id=run.claim.job_id,
        check=run.check,
        on_step=on_step,
        steps=steps,
    )
    with run.finishing() as session:
        run.answer(session, {"dry_run": wanted.dry_run, "counts": done.counts, "problems": done.problems})
