"""``/admin``: what only administrators may ask."""

import threading
import time

from fastapi import APIRouter, Request, Response

from function_app.api.answers import json_answer
from function_app.api.dependencies import Administrator, front_of
from function_app.api.models.admin import Examination
from function_app.api.models.common import failures
from shared.doctor import examination

router = APIRouter(prefix="/admin", tags=["Administration"])

_KEPT_S = 5.0


class Doctor:
    """Examines one at a time and keeps the findings for five seconds: probing must not be a way to make load."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: examination.Examination | None = None
        self._found_at = 0.0

    def examine(self, request: Request) -> examination.Examination:
        """Return findings that are at most five seconds old."""
        with self._lock:
            if self._found is None or time.monotonic() - self._found_at > _KEPT_S:
                settings = front_of(request).services.settings
                self._found = examination.examine(settings, came_by_http=True)
                self._found_at = time.monotonic()
            return self._found


_doctor = Doctor()


@router.get("/doctor", responses={200: {"model": Examination}, **failures(401, 403, 503)})
def get_doctor(request: Request, caller: Administrator) -> Response:
    """Send a probe through everything the service stands on, each timed, with a next step where it failed.

    Takes as long as the slowest, 15 seconds at most. The same as `python -m worker doctor`, seen from here.
    """
    caller.verify()
    return json_answer(_doctor.examine(request).as_data())
