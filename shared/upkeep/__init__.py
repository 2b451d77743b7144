"""Upkeep: what served its time is removed, tenant by tenant, by each tenant's own rules."""
