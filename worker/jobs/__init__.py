"""The jobs: plain functions of a :class:`~shared.jobs.run.JobRun`, callable without Celery."""
