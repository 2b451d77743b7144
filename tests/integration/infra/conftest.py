"""A PostgreSQL server as Azure makes one: administrators without a superuser's rights, and functions for identities."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql

from infra.local import places, ports
from infra.local.postgres import Passwords, Postgres
from infra.local.processes import ProcessGroup

# What Azure's extension does: a role with a login and a label that maps it to an identity. The label is written into the
# catalogue by hand, because there is no provider of labels here.
_PRINCIPALS = """
create role azure_pg_admin nologin;
create function pgaadauth_create_principal_with_oid(
    rolename text, objectid text, objecttype text, isadmin boolean, ismfa boolean
) returns text language plpgsql security definer as $$
begin
    execute format('create role %I login', rolename);
    execute format('grant %I to azure_pg_admin with admin option', rolename);
    insert into pg_shseclabel (objoid, classoid, provider, label)
    select oid, 'pg_authid'::regclass, 'pgaadauth', format('aadauth,oid=%s,type=%s', objectid, objecttype)
    from pg_roles where rolname = rolename;
    return format('Created role for %s', rolename);
end $$;
"""


@dataclass(frozen=True)
class AzureServer:
    """A server, and two of its administrators with their passwords."""

    postgres: Postgres
    person: tuple[str, str]
    job: tuple[str, str]

    def environment(self, administrator: tuple[str, str], database: str) -> dict[str, str]:
        """Return the settings of an administrator's machine."""
        login, password = administrator
        return {
            "APP_ENVIRONMENT": "development",
            "DB_HOST": ports.HOST,
            "DB_PORT": str(self.postgres.port),
            "DB_NAME": database,
            "DB_OWNER_USER": login,
            "DB_OWNER_PASSWORD": password,
            "DB_SSLMODE": "disable",
            "BROKER_URL": "redis://127.0.0.1:9/0",
            "STORAGE_ACCOUNT_URL": "https://127.0.0.1:9/account",
        }

    def superuser(self, database: str) -> psycopg.Connection:
        """Return a connection for what a test has to arrange or to see."""
        return self.postgres.connect(database)


@pytest.fixture(scope="session")
def server() -> Iterator[AzureServer]:
    with places.scratch_folder("azure") as folder:
        group = ProcessGroup()
        postgres = Postgres(group, folder / "postgres", ports.choose(), Passwords(), durable=False)
        postgres.start()
        # A person's sign-in name needs quoting, and a job's identity signs in as itself.
        people = [("ada@contoso.example", secrets.token_hex(16)), ("id-migration-x1", secrets.token_hex(16))]
        with postgres.connect() as connection:
            connection.execute(_PRINCIPALS)
            for login, password in people:
                connection.execute(
                    sql.SQL("create role {} login createdb createrole in role azure_pg_admin password {}").format(
                        sql.Identifier(login), sql.Literal(password)
                    )
                )
        yield AzureServer(postgres, *people)
        group.stop()
