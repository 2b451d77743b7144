"""Canaries: secrets of which each is known by its value, and the search for them in everything that was written."""

import base64
import json
import re
import secrets
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import psycopg
from psycopg import sql

from shared.services import Services

# Secrets whose values a test cannot know: tokens that the identity service made, signatures that storage checks.
_FORMS = {
    "a JSON web token": re.compile(rb"eyJ[\w-]{10,}\.eyJ[\w-]{10,}"),
    "a signature of a link": re.compile(rb"sig=(?!\[redacted\])[\w%+/-]{16,}"),
    "an API key": re.compile(rb"aar_[\w-]{40,}"),
    "a webhook secret": re.compile(rb"whsec_[\w+/-]{16,}"),
    "a private key": re.compile(rb"BEGIN [A-Z ]*PRIVATE KEY-----\S*\s*[\w+/]{16,}"),
}


@dataclass(frozen=True)
class Leak:
    """A secret found where none may be."""

    secret: str
    place: str
    context: str


def canary(name: str) -> str:
    """Return a secret that can be told from all others, with characters that are spelled differently here and there."""
    return f"canary-{name}/{secrets.token_hex(8)}+%"


def spellings(value: str) -> set[bytes]:
    """Return the ways in which ``value`` may be written; made apart from the product's own, so that it can be wrong."""
    written = {
        *(value, quote(value), quote(value, safe=""), quote(value, safe="").lower(), quote_plus(value)),
        *(json.dumps(value)[1:-1], json.dumps(json.dumps(value))[3:-3], repr(value)[1:-1]),
        *(value.encode().hex(), base64.b64encode(value.encode()).decode().rstrip("=")[:-1]),
    }
    return {text.encode() for text in written}


class Search:
    """Looks for canaries, and for secrets by their form, in what was written; remembers how much it looked at."""

    def __init__(self, planted: Mapping[str, str]) -> None:
        self._planted = {name: spellings(value) for name, value in planted.items()}
        self.leaks: list[Leak] = []
        self.searched: dict[str, int] = {}

    def look(self, place: str, written: bytes, *, forms: bool = True) -> None:
        """Search ``written``; without ``forms`` only for canaries, where links or keys are what somebody asked for."""
        kind = place.partition(":")[0]
        self.searched[kind] = self.searched.get(kind, 0) + len(written)
        for name, ways in self._planted.items():
            for way in ways:
                if (at := written.find(way)) >= 0:
                    self._found(name, place, written, at)
        for name, form in _FORMS.items() if forms else ():
            if match := form.search(written):
                self._found(name, place, written, match.start())

    def look_at_files(self, folder: Path) -> None:
        """Search all files under ``folder``."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.look(f"file: {path.name}", path.read_bytes())

    def look_at_database(self, connection: psycopg.Connection) -> None:
        """Search every row of every table of every schema that is not PostgreSQL's own, and the statements it shows."""
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'"
        ).fetchall()
        for schema, table in tables:
            query = sql.SQL("select t::text from {} t").format(sql.Identifier(schema, table))
            for (row,) in connection.execute(query):
                self.look(f"database: {schema}.{table}", row.encode())
        # Statements of this database alone: other tests set their simulators' passwords meanwhile.
        of_this_database = "select query from pg_stat_activity where query is not null and datname = current_database()"
        for (statement,) in connection.execute(of_this_database):
            self.look("database: pg_stat_activity", statement.encode())

    def look_at_broker(self, broker: Any) -> None:
        """Search every key and value of every kind."""
        for key in broker.scan_iter(count=1000):
            self.look("broker: key", key)
            self.look(f"broker: {key!r}", broker.dump(key) or b"")
            kind = broker.type(key)
            values: Iterable[bytes] = ()
            if kind == b"list":
                values = broker.lrange(key, 0, -1)
            elif kind == b"hash":
                values = [part for pair in broker.hgetall(key).items() for part in pair]
            elif kind == b"set":
                values = broker.smembers(key)
            elif kind == b"string":
                values = [broker.get(key) or b""]
            for value in values:
                self.look(f"broker: {key!r}", value)

    def look_at_blobs(self, services: Services, folder: Path, *, tenant: str) -> None:
        """Search every blob of a tenant, also what lies compressed in it."""
        for number, path in enumerate(services.blobs.paths_under("")):
            if tenant not in path:
                continue
            file = folder / f"blob-{number}"
            services.blobs.download(path, file)
            content = file.read_bytes()
            file.unlink()
            self.look(f"blob: {path}", content)
            if zipfile.is_zipfile(BytesIO(content)):
                with zipfile.ZipFile(BytesIO(content)) as archive:
                    for name in archive.namelist():
                        self.look(f"blob: {path}!{name}", archive.read(name))

    def _found(self, secret: str, place: str, written: bytes, at: int) -> None:
        self.leaks.append(Leak(secret, place, written[max(0, at - 120) : at + 80].decode(errors="replace")))
