"""The names by which the latency bench and its worker know each other."""

from shared.jobs.kinds import JobKind
from shared.queue.names import Priority, Queue

BEGAN_KEY = "bench:began"
BARE_TASK = "bench_bare"
NOTHING = JobKind("bench_nothing", Queue.DEFAULT, Priority.NORMAL, max_attempts=1, soft_limit_s=60, hard_limit_s=90)
