"""What this process counts for Prometheus besides its requests."""

from prometheus_client import Counter

HOOKS = Counter(
    "rebond_webhooks_received",
    "Webhooks of email providers, by their source and what became of them.",
    labelnames=("source", "outcome"),
)
