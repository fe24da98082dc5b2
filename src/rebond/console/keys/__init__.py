"""API keys and outgoing webhooks."""
