"""Runs Alembic's revisions on the connection that :mod:`shared.database.schema` hands over."""

from alembic import context

from shared.database.tables import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
