"""Check one credential: what is found is the result, also where that is a refusal or an outage."""

import msgspec

from shared.credential_health import asking, checking, recording
from shared.credential_health.asking import Taken
from shared.jobs.kinds import OfCredential
from shared.jobs.run import JobRun


def check_credential_health(run: JobRun) -> None:
    """Check the credential and write down how it stands; come back later where its provider has no place."""
    wanted = msgspec.convert(run.claim.arguments, OfCredential)
    with run.transaction() as session:
        taken = asking.take(session, wanted.credential_id, run.claim.job_id)
    if taken is None or taken.reason_against:
        _end_without(run, taken)
        return
    subject = taken.subject
    run.report_progress(10, "Waiting for its turn")
    with checking.place(run, subject) as is_free:
        if not is_free:
            with run.putting_back(checking.back_after_s(run.claim.times_put_back)):
                return
        run.report_progress(20, "Checking")
        outcome = checking.check(run.services, subject, run.check)
    with run.finishing() as session:
        row, made = checking.write(session, run, subject, outcome, "manual" if wanted.by_hand else "scheduled")
        answers = [] if row is None else [recording.answer_of(row, subject.name, was_checked=made is not None)]
        run.answer(session, {"checks": answers})
    if made is not None:
        recording.count(subject, made)


def _end_without(run: JobRun, taken: Taken | None) -> None:
    answers = []
    if taken is not None:
        note = taken.reason_against
        answers = [recording.answer_of(taken.row, taken.subject.name, was_checked=False, note=note)]
    with run.finishing() as session:
        run.answer(session, {"checks": answers})
