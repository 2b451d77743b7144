"""Types and models that several nouns share."""

from datetime import datetime
from typing import Annotated, Any
from unicodedata import category

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    StringConstraints,
)
from pydantic_core import CoreSchema

from function_app import problems
from function_app.api.models import json_types


def _storable(value: str) -> str:
    # PostgreSQL's text holds every character but this one.
    if "\0" in value:
        raise ValueError("must not contain the character U+0000")
    return value


def _one_line(value: str) -> str:
    if any(category(character) in _NOT_IN_A_LINE for character in value):
        raise ValueError("must be one line of text, without control characters")
    if value and not any(category(character)[0] not in "CZ" for character in value):
        raise ValueError("must show at least one character")
    return value


STORABLE = AfterValidator(_storable)
"""Of a text: PostgreSQL can hold it."""

ONE_LINE = AfterValidator(_one_line)
"""Of a name or title: it is one line that can be seen, wherever it is printed."""
# Control characters, and what ends a line or a paragraph.
_NOT_IN_A_LINE = {"Cc", "Zl", "Zp"}

SearchText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), STORABLE]


class Given(BaseModel):
    """What a caller sends: unknown fields are refused, so that a misspelt one is not silently ignored."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return json_types.tightened(handler(source))


class Failure(BaseModel):
    """Why something failed, and what to do."""

    code: str = Field(examples=["unknown_format"], description="Stable, machine-readable.")
    message: str | None = Field(examples=["The file is not an export of Azure Advisor."], description="One plain sentence.")
    next_step: str | None = Field(examples=["Download the CSV from the Advisor page of the Azure portal."])


class FieldError(BaseModel):
    """One field of a request that is not valid."""

    in_: str = Field(alias="in", examples=["body"], description="`body`, `query`, `path` or `header`.")
    field: str = Field(examples=["name"])
    code: str = Field(examples=["string_too_short"])
    message: str = Field(examples=["String should have at least 1 character"])


class Problem(BaseModel):
    """An error, as RFC 9457 describes it."""

    type: str = Field(
        examples=["urn:azure-advisor-reports:problem:report_not_found"], description="Stable name of the kind of problem."
    )
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no such report."], description="One plain sentence.")
    code: str = Field(examples=["report_not_found"], description="The last part of `type`.")
    next_step: str = Field(examples=["List the reports to find its id."], description="What to do about it.")
    correlation_id: str = Field(description="Also in the header `X-Correlation-Id`; name it when you ask for help.")
    errors: list[FieldError] | None = Field(None, description="Of status 422: the fields that are not valid.")


Moment = Annotated[AwareDatetime, Field(examples=["2026-11-22T09:30:00Z"])]
OptionalMoment = datetime | None


def failures(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of error answers with these statuses."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": _MEANINGS[status], "content": {problems.MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


_MEANINGS = {
    400: "The request cannot be carried out as given.",
    401: "No valid API key.",
    403: "The API key lacks the scope.",
    404: "Not there, or not yours.",
    405: "The method does not exist here.",
    409: "Does not fit the present state.",
    411: "The body came without Content-Length.",
    412: "Changed by somebody else meanwhile.",
    413: "Too large.",
    415: "Neither JSON nor multipart/form-data.",
    422: "Some fields are not valid; `errors` lists them.",
    428: "If-Match is missing.",
    500: "A mistake on our side.",
    503: "Something that is needed did not answer or is busy; try again after `Retry-After` seconds.",
}
ALWAYS = (400, 401, 403, 422, 503)
"""What any route that needs a key may answer. 400: a cursor that is not valid, a body that is no JSON."""
