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


class Priority(IntEnum):
    """Which message goes first. On Redis the lowest number is served first, and none at all counts as 0."""

    HIGH = 0
    NORMAL = 3
    LOW = 6
    BACKGROUND = 9
