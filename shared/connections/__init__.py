"""Azure connections: how a tenant lets this product read its subscriptions, and which of them."""
