"""Queues and priorities."""

from enum import IntEnum, StrEnum

DEBUG_TASK = "debug_task"
"""The task that any worker answers, on whichever queue it is asked."""


class Queue(StrEnum):
    """Where messages wait; each worker role serves some of them."""

    PRIORITY = "priority"
    AZURE_API = "azure_api"
    REPORTS = "reports"
    HEALTH_CHECKS = "health_checks"
    DEFAULT = "default"


class Role(StrEnum):
    """What a worker is for."""

    INTERACTIVE = "interactive"
    REPORTS = "reports"


QUEUES_OF_ROLE: dict[Role, tuple[Queue, ...]] = {
    Role.INTERACTIVE: (Queue.PRIORITY, Queue.HEALTH_CHECKS, Queue.AZURE_API, Queue.DEFAULT),
    Role.REPORTS: (Queue.REPORTS,),
}
"""In the order in which a worker of the role asks them."""
ROLE_OF_QUEUE: dict[Queue, Role] = {queue: role for role, queues in QUEUES_OF_ROLE.items() for queue in queues}


class Priority(IntEnum):
    """Which message goes first. On Redis the lowest number is served first, and none at all counts as 0."""

    HIGH = 0
    NORMAL = 3
    LOW = 6
    BACKGROUND = 9
