"""The whole product on one machine: PostgreSQL, Valkey, Blob storage and a managed identity, all from packages."""
