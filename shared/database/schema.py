"""The schema's revision: what the code needs, what the database has, whether the two go together, and how to bring it up.

Migrations are additive unless a revision says otherwise, so code goes together with its own revision and with newer ones.
A revision that takes something away names, as ``compatible_from``, the oldest revision whose code still runs on it; what
holds for the newest revision stands as a comment on the table of revisions, where older code can read it.
"""

import json
import logging
import time
from enum import StrEnum
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from shared.errors import AdvisorReportsError

_log = logging.getLogger(__name__)

_VERSIONS = Path(__file__).parent / "migrations" / "versions"
_LOOK_AGAIN_S = 2.0
_STANDING = text("select version_num, obj_description('alembic_version'::regclass, 'pg_class') as note from alembic_version")


class Standing(StrEnum):
    """How the database's schema stands to the code."""

    CURRENT = "current"
    OLDER = "older"
    NEWER = "newer"
    """Of a later release, on which this one still runs."""
    FOREIGN = "foreign"
    """Of a release on which this one does not run, or of none that is known."""


class SchemaMismatchError(AdvisorReportsError):
    """The database's schema is not one that this release runs on."""

    code = "schema_mismatch"


class SchemaOutdatedError(SchemaMismatchError):
    """The database still has to be migrated."""

    code = "schema_outdated"
    retryable = True


def upgrade(engine: Engine) -> str:
    """Bring the schema up to this release and return the revision reached; safe to run twice and at the same time.

    Raises :class:`SchemaMismatchError` where the database is at a revision of a later release.
    """
    seen = current_revision(engine)
    if seen is not None and seen not in known_revisions():
        raise SchemaMismatchError(
            f"The database is at schema revision {seen}, which this release ({expected_revision()}) does not know.",
            next_step="There is nothing to migrate here; use the release that brought the database there, or a later one.",
        )
    # Alembic takes a tenth of a second to import, and nothing else needs it.
    from shared.database import migrating  # noqa: PLC0415

    migrating.upgrade(engine)
    return expected_revision()


@cache
def known_revisions() -> tuple[str, ...]:
    """Return all revisions that this release knows, the oldest first; they are the numbers in the names of their files."""
    return tuple(sorted(path.stem[1:5] for path in _VERSIONS.glob("r[0-9][0-9][0-9][0-9]_*.py")))


def expected_revision() -> str:
    """Return the newest revision that this release knows."""
    return known_revisions()[-1]


def current_revision(engine: Engine) -> str | None:
    """Return the revision the database is at, ``None`` where nothing was ever migrated."""
    return _read(engine)[0]


def verify(engine: Engine) -> str:
    """Return the database's revision if this release runs on it.

    Raises :class:`SchemaOutdatedError` where a migration is still to come, :class:`SchemaMismatchError` where the database
    is too new or unknown.
    """
    seen, note = _read(engine)
    needed = expected_revision()
    match _standing(seen, note):
        case Standing.OLDER:
            raise SchemaOutdatedError(
                f"The database is at schema revision {seen or 'none'}, this release needs {needed}.",
                next_step="Run `python -m worker migrate` with the owner login, then start again.",
            )
        case Standing.FOREIGN:
            raise SchemaMismatchError(
                f"The database is at schema revision {seen}, which does not go together with this release ({needed}).",
                next_step="Deploy the release that ran `python -m worker migrate` last, or a later one.",
            )
    return str(seen)


def wait_until_fit(engine: Engine, *, limit_s: float) -> str:
    """Return the database's revision as soon as this release runs on it; wait ``limit_s`` seconds for an older one.

    Raises what :func:`verify` raises; a schema that is too new is not waited for, since it will not go back.
    """
    deadline = time.monotonic() + limit_s
    told = False
    while True:
        try:
            revision = verify(engine)
        except SchemaOutdatedError as error:
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise
            if not told:
                _log.warning(
                    "waiting for a migration: %s", error.message, extra={"action": "schema_awaited", "at_most_s": limit_s}
                )
                told = True
            time.sleep(min(_LOOK_AGAIN_S, left_s))
        else:
            if revision != expected_revision():
                _log.warning(
                    "the database's schema is newer than this release and goes together with it",
                    extra={"action": "schema_newer", "schema_revision": revision, "code_revision": expected_revision()},
                )
            return revision


def _read(engine: Engine) -> tuple[str | None, str | None]:
    with engine.connect() as connection:
        try:
            row = connection.execute(_STANDING).one_or_none()
        except ProgrammingError as error:
            if getattr(error.orig, "sqlstate", None) == "42P01":  # undefined_table
                return None, None
            raise
    return (None, None) if row is None else (row.version_num, row.note)


def _standing(seen: str | None, note: str | None) -> Standing:
    if seen == expected_revision():
        return Standing.CURRENT
    if seen is None or seen in known_revisions():
        return Standing.OLDER
    return Standing.NEWER if _compatible_from(seen, note) in known_revisions() else Standing.FOREIGN


def _compatible_from(seen: str, note: str | None) -> str | None:
    """Return the oldest revision whose code runs on ``seen``, if the database says so of that very revision."""
    try:
        said = json.loads(note or "{}")
    except ValueError:
        return None
    return said.get("compatible_from") if isinstance(said, dict) and said.get("revision") == seen else None
