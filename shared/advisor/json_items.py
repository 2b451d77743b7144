"""The shapes in which the API's recommendations come, as typed structures.

REST and Resource Graph hold what Advisor says under ``properties``; the Azure CLI lifts it to the top level; the Python
SDK does too and writes the names in snake case. Keys of ``extendedProperties`` are the same in all. Every field may be
absent or null. What is read from JSON holds no circles, so the collector of garbage need not look at any of it.
"""

from typing import Any

import msgspec


class Text(msgspec.Struct, gc=False):
    """``shortDescription``."""

    problem: str | None = None
    solution: str | None = None


class ResourceMetadata(msgspec.Struct, rename="camel", gc=False):
    """``resourceMetadata`` in camel case."""

    resource_id: str | None = None
    source: str | None = None
    singular: str | None = None
    plural: str | None = None


class SdkResourceMetadata(msgspec.Struct, gc=False):
    """``resource_metadata`` in snake case."""

    resource_id: str | None = None
    source: str | None = None
    singular: str | None = None
    plural: str | None = None


class Finding(msgspec.Struct, rename="camel", gc=False):
    """What Advisor says about one resource, in camel case."""

    category: str | None = None
    impact: str | None = None
    impacted_field: str | None = None
    impacted_value: str | None = None
    last_updated: str | None = None
    recommendation_type_id: str | None = None
    short_description: Text | None = None
    extended_properties: dict[str, Any] | None = None
    resource_metadata: ResourceMetadata | None = None
    risk: str | None = None
    suppression_ids: list[str] | None = None
    description: str | None = None
    label: str | None = None
    learn_more_link: str | None = None
    potential_benefits: str | None = None
    notes: str | None = None
    source_system: str | None = None
    tracked: bool | None = None
    tracked_properties: dict[str, Any] | None = None


class RestItem(msgspec.Struct, rename="camel", kw_only=True, gc=False):
    """An item of the REST API or a row of Resource Graph."""

    properties: Finding
    id: str | None = None
    name: str | None = None
    type: str | None = None
    tenant_id: str | None = None
    subscription_id: str | None = None
    subscription_name: str | None = None
    resource_group: str | None = None


class CliItem(Finding, rename="camel", kw_only=True, gc=False):
    """An item of ``az advisor recommendation list``."""

    id: str | None = None
    name: str | None = None
    type: str | None = None
    resource_group: str | None = None


class SdkItem(msgspec.Struct, gc=False):
    """An item of the Python SDK's ``as_dict()``."""

    id: str | None = None
    name: str | None = None
    type: str | None = None
    category: str | None = None
    impact: str | None = None
    impacted_field: str | None = None
    impacted_value: str | None = None
    last_updated: str | None = None
    recommendation_type_id: str | None = None
    short_description: Text | None = None
    extended_properties: dict[str, Any] | None = None
    resource_metadata: SdkResourceMetadata | None = None
    risk: str | None = None
    suppression_ids: list[str] | None = None
    description: str | None = None
    label: str | None = None
    learn_more_link: str | None = None
    potential_benefits: str | None = None
    notes: str | None = None
    source_system: str | None = None
    tracked: bool | None = None
    tracked_properties: dict[str, Any] | None = None


Item = RestItem | CliItem | SdkItem
AnyFinding = Finding | SdkItem
