"""PostgreSQL: tables, migrations, and transactions under row-level security."""
