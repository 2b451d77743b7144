"""Which release this is, and on what it runs."""

import platform
from importlib.metadata import PackageNotFoundError, version

RELEASE = "0.1.0"
"""Of the product; the same as in pyproject.toml."""

# Those whose release decides how servers are talked to.
_PACKAGES = ("celery", "kombu", "redis", "sqlalchemy", "psycopg", "fastapi", "azure-identity", "azure-storage-blob")


def versions() -> dict[str, str]:
    """Return the release, Python's version and those of the packages that tell two hosts apart."""
    return {"release": RELEASE, "python": platform.python_version(), **{name: _of(name) for name in _PACKAGES}}


def _of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
