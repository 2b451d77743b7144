"""Routes of the lists that callers poll: declared like any other, solved by a few lines of our own.

FastAPI's general solving of parameters takes longer than the database needs for a page. These routes take a caller and a
model of query parameters, nothing else, so there is little to solve; documentation and validation come from the very same
declarations.
"""

import inspect
from collections.abc import Callable
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

from fastapi import params
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.types import Receive, Scope, Send


class ReadRoute(APIRoute):
    """A route whose endpoint is ``async``, takes a caller and a query model, and returns a response."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self._caller_of, self._caller_name, self._wanted, self._wanted_name = _parameters_of(endpoint)
        self._lists = frozenset(
            name for name, field in self._wanted.model_fields.items() if get_origin(field.annotation) is list
        )

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; methods that the route does not have are refused by FastAPI as elsewhere."""
        if scope["method"] not in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        caller = await self._caller_of(Request(scope))
        arguments = {self._caller_name: caller, self._wanted_name: self._read(scope["query_string"])}
        response = await self.endpoint(**arguments)
        await response(scope, receive, send)

    def _read(self, query_string: bytes) -> BaseModel:
        given: dict[str, Any] = {}
        for name, value in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True):
            if name in self._lists:
                given.setdefault(name, []).append(value)
            else:
                # The last one counts, as everywhere in FastAPI.
                given[name] = value
        try:
            return self._wanted.model_validate(given)
        except ValidationError as error:
            problems = [{**item, "loc": ("query", *item["loc"])} for item in error.errors()]
            raise RequestValidationError(problems) from error


def _parameters_of(endpoint: Callable[..., Any]) -> tuple[Callable[[Request], Any], str, type[BaseModel], str]:
    """Return how the caller is found and its parameter's name, the query model and its parameter's name."""
    caller: tuple[Callable[[Request], Any], str] | None = None
    wanted: tuple[type[BaseModel], str] | None = None
    for name, annotation in get_type_hints(endpoint, include_extras=True).items():
        marks = get_args(annotation)
        if any(isinstance(mark, params.Query) for mark in marks) and issubclass(marks[0], BaseModel):
            wanted = marks[0], name
        elif security := next((mark for mark in marks if isinstance(mark, params.Security)), None):
            assert security.dependency is not None  # noqa: S101 - ours name one
            caller = security.dependency, name
        elif name != "return":
            raise TypeError(f"{endpoint.__name__} takes {name}, which a ReadRoute cannot give it")
    if caller is None or wanted is None or not inspect.iscoroutinefunction(endpoint):
        raise TypeError(f"{endpoint.__name__} is no coroutine function of a caller and a query model")
    return *caller, *wanted
