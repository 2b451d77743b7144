"""The headers of a message, signed over the very bytes that are sent.

Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md), by its own
library; one signature for each secret that is valid now.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from standardwebhooks.webhooks import Webhook


def standard_headers(message_id: UUID, at: datetime, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """Return ``webhook-id``, ``webhook-timestamp`` and ``webhook-signature`` of ``body``."""
    signatures = [Webhook(secret).sign(str(message_id), at, body.decode()) for secret in secrets]
    return {
        "webhook-id": str(message_id),
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def legacy_headers(event_type: str, at: datetime, body: bytes, secret: str) -> dict[str, str]:
    """Return the headers of older receivers: HMAC-SHA256 of the same bytes, keyed with the secret's own characters."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "X-Webhook-Signature": f"sha256={digest}",
        "X-Webhook-Timestamp": str(int(at.timestamp())),
        "X-Webhook-Event": event_type,
    }
