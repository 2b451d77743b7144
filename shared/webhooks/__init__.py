"""Webhooks: what happened, told to the addresses that tenants name, signed, tried again, and kept for replay."""
