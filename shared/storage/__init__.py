"""Blob storage: where files live, reached by identity and handed out by short-lived links."""
