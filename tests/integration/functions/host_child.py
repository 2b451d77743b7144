"""Plays the Functions host to ``azure-functions-runtime``: start, index, then the invocations given as JSON.

Run by a Python that has the front's packages and the runtime, from the app's folder; prints one JSON document. The library
talks in protocol buffers of which it brings no definition; messages that hold what they are given take their place here.
"""

import asyncio
import json
import sys
from typing import Any

_DIRECTIONS = {"in": 0, "out": 1, "inout": 2}


class _MessageType(type):
    def __getattr__(cls, name: str) -> str | int:
        """Return a constant of an enumeration, such as ``StatusResult.Success``; directions are numbers in the SDK, too."""
        if name.startswith("_"):
            raise AttributeError(name)
        return _DIRECTIONS.get(name, name)


class Message(metaclass=_MessageType):
    """One message: its fields, and which one of its alternatives is set."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802 - the library asks by this name
        """Return the name of the one field."""
        return next((name for name in ("http", "json", "data") if name in self.__dict__), None)


class Protocol:
    """Gives a message type for each name."""

    def __getattr__(self, name: str) -> type[Message]:
        """Return the message type ``name``."""
        made: type[Message] = _MessageType(name, (Message,), {})  # type: ignore[assignment]
        setattr(self, name, made)
        return made


def _request(properties: dict[str, Any] | None = None, **content: Any) -> Message:
    return Message(request=Message(**content), properties=properties or {})


def _invocation(function_id: str, given: dict[str, Any]) -> Message:
    if "schedule" in given:
        data = Message(json=json.dumps({"Schedule": {"AdjustForDST": True}, "ScheduleStatus": None, "IsPastDue": False}))
        name = "timer"
    else:
        http = Message(
            method=given["method"],
            url=f"https://front.example{given['path']}",
            headers=given.get("headers", {}),
            body=Message(),
            params={},
            query={},
        )
        data, name = Message(http=http), "req"
    return _request(
        invocation_request=Message(
            invocation_id="1",
            function_id=function_id,
            input_data=[Message(name=name, data=data)],
            trigger_metadata={},
            trace_context=Message(trace_parent="", trace_state="", attributes={}),
            retry_context=Message(retry_count=0, max_retry_count=0, exception=None),
        )
    )


async def main(folder: str, invocations: list[dict[str, Any]]) -> dict[str, Any]:
    """Start the app in ``folder``, invoke it, and return what came of it."""
    from azure_functions_runtime import (
        functions_metadata_request,
        invocation_request,
        worker_init_request,
    )

    # As the platform's own process does before it calls the library.
    sys.path.append(folder)
    properties = {"host": "127.0.0.1", "protos": Protocol()}
    init = _request(
        properties,
        worker_init_request=Message(capabilities={}, function_app_directory=folder),
    )
    started = await worker_init_request(init)
    report: dict[str, Any] = {"started": started.result.status}
    if started.result.status != "Success":
        return report | {"error": started.result.exception.message}
    metadata = await functions_metadata_request(_request())
    report["functions"] = {
        found.name: [json.loads(raw) for raw in found.raw_bindings] for found in metadata.function_metadata_results
    }
    ids = {found.name: found.function_id for found in metadata.function_metadata_results}
    report["answers"] = []
    for given in invocations:
        done = await invocation_request(_invocation(ids[given["function"]], given))
        answer: dict[str, Any] = {"status": done.result.status}
        if done.result.status != "Success":
            answer["error"] = done.result.exception.message
        elif done.return_value is not None:
            http = done.return_value.http
            answer |= {"status_code": http.status_code, "body": http.body.bytes.decode()}
        report["answers"].append(answer)
    return report


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    outcome = asyncio.run(main(asked["folder"], asked["invocations"]))
    print(json.dumps(outcome))
