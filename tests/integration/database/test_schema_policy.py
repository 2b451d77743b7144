"""Code and schema of different releases: which go together, which wait, which refuse."""

import json
import threading
from collections.abc import Callable

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from shared.database import migrating, schema
from tests.integration.jobs.waiting import PATIENCE_S

Rewrite = Callable[..., None]
HEAD = schema.expected_revision()
LATER = "9999"


@pytest.fixture
def rewrite(copied: Engine) -> Rewrite:
    """Put the database at a revision, with a note about compatibility if any."""

    def write(revision: str, /, **note: str) -> None:
        with copied.begin() as connection:
            connection.execute(text("update alembic_version set version_num = :revision"), {"revision": revision})
            if note:
                connection.exec_driver_sql(f"comment on table alembic_version is '{json.dumps(note)}'")

    return write


def test_known_revisions_are_those_of_alembic() -> None:
    configuration = Config()
    configuration.set_main_option("script_location", str(migrating._MIGRATIONS))
    scripts = ScriptDirectory.from_config(configuration)
    assert list(schema.known_revisions()) == [script.revision for script in scripts.walk_revisions()][::-1]


def test_own_schema_is_accepted_and_says_what_runs_on_it(copied: Engine) -> None:
    assert schema.verify(copied) == HEAD
    note = schema._read(copied)[1]
    assert json.loads(note or "") == {"revision": HEAD, "compatible_from": "0001"}


def test_older_schema_is_refused_where_nobody_waits(copied: Engine, rewrite: Rewrite) -> None:
    rewrite("0001")
    with pytest.raises(schema.SchemaOutdatedError, match=f"at schema revision 0001, this release needs {HEAD}"):
        schema.wait_until_fit(copied, limit_s=0)


def test_older_schema_is_waited_for_until_it_is_migrated(
    copied: Engine, rewrite: Rewrite, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "_LOOK_AGAIN_S", 0.05)
    rewrite("0001")
    done: list[str] = []
    waiting = threading.Thread(target=lambda: done.append(schema.wait_until_fit(copied, limit_s=PATIENCE_S)))
    waiting.start()
    while "waiting for a migration" not in caplog.text and waiting.is_alive():
        waiting.join(0.02)
    assert done == []
    rewrite(HEAD)
    waiting.join(PATIENCE_S)
    assert done == [HEAD]


def test_newer_schema_is_accepted_where_it_says_so(
    copied: Engine, rewrite: Rewrite, caplog: pytest.LogCaptureFixture
) -> None:
    rewrite(LATER, revision=LATER, compatible_from="0002")
    assert schema.wait_until_fit(copied, limit_s=0) == LATER
    assert "newer than this release" in caplog.text


@pytest.mark.parametrize(
    "note",
    [
        {"revision": LATER, "compatible_from": "9998"},
        {"revision": HEAD, "compatible_from": "0001"},
        {"revision": LATER},
    ],
    ids=["took something away", "note of another revision", "no word of it"],
)
def test_newer_schema_is_refused_otherwise_and_not_waited_for(
    copied: Engine, rewrite: Rewrite, note: dict[str, str]
) -> None:
    rewrite(LATER, **note)
    with pytest.raises(schema.SchemaMismatchError, match="does not go together") as refused:
        schema.wait_until_fit(copied, limit_s=3600)
    assert not refused.value.retryable


def test_older_release_does_not_migrate_a_newer_database(copied: Engine, rewrite: Rewrite) -> None:
    rewrite(LATER, revision=LATER, compatible_from="0001")
    with pytest.raises(schema.SchemaMismatchError, match="does not know"):
        schema.upgrade(copied)
