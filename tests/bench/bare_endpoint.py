"""The barest FastAPI endpoint: what any answer of this framework costs at least."""

from fastapi import FastAPI

application = FastAPI(openapi_url=None)


@application.get("/")
async def hello() -> dict[str, str]:
    """Answer a small object."""
    return {"hello": "world"}
