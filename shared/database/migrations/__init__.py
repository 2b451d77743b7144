"""The schema's history: Alembic revisions, additive first, so that the previous release runs on the new schema."""
