"""Makes what the product needs of a new PostgreSQL server: its roles, its database, and logins of Azure identities.

Run by an administrator of the server, who needs the rights to create roles and databases and nothing more: on Azure Database
for PostgreSQL an Entra administrator. Everything is looked at before it is made, so it may run as often as one likes, by one
administrator after the other.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError

from shared.database import schema
from shared.database.engine import Login, create_engine, target_of
from shared.errors import AdvisorReportsError
from shared.settings import Settings

OWNER = "advisor_owner"
APP = "advisor_app"
SYSTEM = "advisor_system"
_MEANING = {OWNER: "owns the schema", APP: "sees one tenant at a time", SYSTEM: "works across tenants"}
# Where Azure has its functions, and where one stands to make another database.
_MAINTENANCE = "postgres"
# Of every Entra administrator of a flexible server.
_AZURE_ADMINISTRATORS = "azure_pg_admin"


class ProvisioningError(AdvisorReportsError):
    """The database server did not let its administrator do what the product needs."""

    code = "provisioning_failed"


@dataclass(frozen=True)
class Identity:
    """An identity that is to sign in: what its login is called, and its object id in Entra."""

    name: str
    object_id: UUID

    @property
    def logins(self) -> dict[str, str]:
        """The names of its logins, and the role each is a member of; the second is for work across tenants only."""
        return {self.name: APP, f"{self.name}-upkeep": SYSTEM}


def provision(settings: Settings, identities: list[Identity]) -> Iterator[str]:
    """Make roles, database, schema and logins where they are missing; yield in a few words what was done.

    Signs in as ``DB_OWNER_USER``. Raises :class:`ProvisioningError`, :class:`~shared.database.schema.SchemaMismatchError`,
    and what SQLAlchemy raises where the server is away.
    """
    name = target_of(settings, Login.OWNER).database
    with _connected(settings) as connection:
        yield from _make_roles(connection)
        yield from _make_database(connection, name)
    # One step, so that logins never lack because of a migration that failed, nor the other way round.
    yield _migrate(settings)
    with _connected(settings) as connection:
        for identity in identities:
            for login, group in identity.logins.items():
                yield from _make_login(connection, login, group, identity.object_id)


@contextmanager
def _connected(settings: Settings) -> Iterator[Connection]:
    target = target_of(settings, Login.OWNER)
    there = {"database_url": "", "db_host": target.host, "db_port": target.port, "db_name": _MAINTENANCE}
    engine = create_engine(settings.model_copy(update=there), Login.OWNER, pool_size=1)
    try:
        with engine.connect() as connection:
            # Databases are made outside of transactions; and each act stands for itself.
            yield connection.execution_options(isolation_level="AUTOCOMMIT")
    finally:
        engine.dispose()


def _make_roles(connection: Connection) -> Iterator[str]:
    for role, meaning in _MEANING.items():
        if not _exists(connection, role):
            _execute(connection, f"create role {role} nologin")
            yield f"made the role {role}, which {meaning}"
    myself = connection.scalar(text("select current_user"))
    for role in _MEANING:
        if not connection.scalar(text("select pg_has_role(:role, 'usage')"), {"role": role}):
            # Who makes a role may give it to others, and to be a member has to give it to itself.
            _execute(connection, f"grant {role} to {_quoted(connection, str(myself))}")
    if not _may_pass_on(connection, OWNER, SYSTEM):
        # A migration lets functions of the owner do what only the other may: it passes that role on to itself.
        _execute(connection, f"grant {SYSTEM} to {OWNER} with admin option")
    # Whoever made them is not the only one who may do so next time: the migration job and people take turns.
    others = connection.scalars(
        text(
            "select member.rolname from pg_auth_members m join pg_roles member on member.oid = m.member "
            "join pg_roles administrators on administrators.oid = m.roleid "
            "where administrators.rolname = :name and member.rolcanlogin and member.rolname <> current_user "
            "and not member.rolsuper"
        ),
        {"name": _AZURE_ADMINISTRATORS},
    ).all()
    for other in others:
        for role in _MEANING:
            if not _may_pass_on(connection, other, role):
                _execute(connection, f"grant {role} to {_quoted(connection, other)} with admin option")
                yield f"made the administrator {other} a member of {role}"


def _make_database(connection: Connection, name: str) -> Iterator[str]:
    quoted = _quoted(connection, name)
    owner = connection.scalar(text("select pg_get_userbyid(datdba) from pg_database where datname = :name"), {"name": name})
    if owner is None:
        _execute(connection, f"create database {quoted} owner {OWNER} template template0 encoding 'UTF8'")
        yield f"made the database {name}"
    elif owner != OWNER:
        _execute(connection, f"alter database {quoted} owner to {OWNER}")
        yield f"gave the database {name} to {OWNER}"
    # Temporary tables are where bulk rows wait before they are filed.
    _execute(connection, f"revoke all on database {quoted} from public")
    _execute(connection, f"grant connect, temporary on database {quoted} to {APP}, {SYSTEM}")


def _migrate(settings: Settings) -> str:
    engine = create_engine(settings, Login.OWNER, pool_size=1)
    _work_as_owner(engine)
    try:
        before = schema.current_revision(engine)
        reached = schema.upgrade(engine)
    finally:
        engine.dispose()
    return f"the schema is at revision {reached}" + (" already" if before == reached else "")


def _work_as_owner(engine: Engine) -> None:
    """Let what a migration makes belong to the owner, whichever administrator runs it."""

    @event.listens_for(engine, "connect")
    def _become_owner(connection: Any, _record: Any) -> None:
        connection.execute(f"set role {OWNER}")
        connection.commit()


def _make_login(connection: Connection, login: str, group: str, object_id: UUID) -> Iterator[str]:
    quoted = _quoted(connection, login)
    if _exists(connection, login) and _belongs_to_another(connection, login, object_id):
        # An identity that was made anew has another id under the same name; logins own nothing and can go.
        _execute(connection, f"drop role {quoted}")
        yield f"removed the login {login} of an identity that is no more"
    if not _exists(connection, login):
        try:
            connection.execute(
                text("select * from pgaadauth_create_principal_with_oid(:login, :object_id, 'service', false, false)"),
                {"login": login, "object_id": str(object_id)},
            )
        except DBAPIError as error:
            raise ProvisioningError(
                f"The server did not make the login {login} for the identity {object_id}: {_first_line(error)}",
                next_step="Sign in as an Entra administrator of an Azure Database for PostgreSQL flexible server; if its "
                "functions refuse, make the role by `create role` and `security label for pgaadauth`, then run this again.",
            ) from error
        yield f"made the login {login}"
    if not connection.scalar(text("select pg_has_role(:login, :group, 'member')"), {"login": login, "group": group}):
        _execute(connection, f"grant {group} to {quoted}")
        yield f"made {login} a member of {group}, which {_MEANING[group]}"


def _exists(connection: Connection, role: str) -> bool:
    return connection.scalar(text("select 1 from pg_roles where rolname = :role"), {"role": role}) is not None


def _belongs_to_another(connection: Connection, login: str, object_id: UUID) -> bool:
    """Whether the server maps ``login`` to another identity; it keeps that as a label of the role."""
    label = connection.scalar(
        text(
            "select l.label from pg_shseclabel l join pg_roles r on r.oid = l.objoid and l.classoid = 'pg_authid'::regclass "
            "where l.provider = 'pgaadauth' and r.rolname = :login"
        ),
        {"login": login},
    )
    return label is not None and str(object_id) not in str(label).lower()


def _may_pass_on(connection: Connection, member: str, role: str) -> bool:
    statement = text("select pg_has_role(:member, :role, 'member with admin option')")
    return bool(connection.scalar(statement, {"member": member, "role": role}))


def _execute(connection: Connection, statement: str) -> None:
    try:
        connection.execute(text(statement.replace(":", r"\:")))
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        raise ProvisioningError(
            f"The server refused `{statement}`: {_first_line(error)}",
            next_step="Sign in as an administrator of the server, with the rights to create roles and databases.",
        ) from error


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0]
