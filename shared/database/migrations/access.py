"""Who may do what with a table, as the revision that makes the table has to say it.

Revisions that are out call these functions: they must go on making the very statements that they make today. What a later
revision needs otherwise is another function.
"""

from collections.abc import Mapping

from alembic import op


def isolate_tenants(*tables: str, column: str = "tenant_id") -> None:
    """Let the application's role see and write those rows alone that ``column`` says are of the transaction's tenant."""
    # The sub-select is evaluated once a statement instead of once a row.
    condition = f"({column} = (select current_tenant_id()))"
    for table in tables:
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy tenant_access on {table} to advisor_app using {condition} with check {condition}")


def add_tenant_tables(*tables: str) -> None:
    """Isolate the tenants of new tables, and let the application's role read and write them."""
    for table in tables:
        isolate_tenants(table)
        op.execute(f"grant select, insert, update, delete on {table} to advisor_app")


def open_across_tenants(rights: Mapping[str, str]) -> None:
    """Give the role that works across tenants these rights by table, on all of its rows."""
    for table, granted in rights.items():
        op.execute(f"grant {granted} on {table} to advisor_system")
        op.execute(f"create policy system_access on {table} to advisor_system using (true) with check (true)")


def run_across_tenants(*functions: str) -> None:
    """Let functions run with the rights of the role that works across tenants, whoever calls them."""
    # A function may only be given to a role that may create in its schema; the right is taken back at once.
    op.execute("grant advisor_system to current_user")
    op.execute("grant create on schema public to advisor_system")
    for function in functions:
        op.execute(f"alter function {function} owner to advisor_system")
    op.execute("revoke create on schema public from advisor_system")
    op.execute("revoke advisor_system from current_user")
