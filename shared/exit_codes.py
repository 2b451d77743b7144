"""With which codes processes of the product end, so that whoever starts them can tell what to do; see docs/operations.md.

The numbers are those of sysexits.h.
"""

UNAVAILABLE = 69
"""Something the process needs did not answer. Start it again later; nothing has to be changed here."""
SCHEMA_OUTDATED = 75
"""The database was not migrated within the time that the process waits for it. Run the migration, then start again."""
CONFIGURATION = 78
"""The settings, the database login or its schema are not fit for this process. Somebody has to change something."""
