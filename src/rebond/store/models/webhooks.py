"""Outgoing webhooks: who wants to be told, what there is to tell, and how telling it went."""

from django.db import models
from django.db.models import Q


class WebhookSubscription(models.Model):
    """Somebody's address and the types of events that it wants (none: all).

    The secret is made from the site's own key and `salt`, so no copy of the database gives it away. A secret that was
    replaced, made from `old_salt`, signs as well until `old_until`. `ended_because` says why it is no longer active.
    """

    name = models.CharField(max_length=100, blank=True)
    url = models.TextField()
    events = models.JSONField(default=list)
    active = models.BooleanField(default=True)
    ended_because = models.TextField(blank=True)
    salt = models.CharField(max_length=64)
    old_salt = models.CharField(max_length=64, blank=True)
    old_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)

    class Meta:
        db_table = "webhook_subscription"


class WebhookEvent(models.Model):
    """Something that happened, written in the transaction that did it; `body` is what is signed and sent."""

    type = models.CharField(max_length=64)
    at = models.DateTimeField()
    body = models.TextField()

    class Meta:
        db_table = "webhook_event"
        indexes = [models.Index(fields=["at"], name="webhook_event_at")]


class WebhookDelivery(models.Model):
    """One event for one subscription: the delivery log. `state`: see `core.webhooks.DeliveryState`.

    `lease_until` holds what is under way; `answer` is the last HTTP status, null where there was none.
    """

    subscription = models.ForeignKey(WebhookSubscription, on_delete=models.CASCADE, db_index=False)
    event = models.ForeignKey(WebhookEvent, on_delete=models.CASCADE)
    state = models.CharField(max_length=16)
    attempts = models.IntegerField(default=0)
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    answer = models.IntegerField(null=True)
    problem = models.TextField(blank=True)

    class Meta:
        db_table = "webhook_delivery"
        constraints = [models.UniqueConstraint(fields=["subscription", "event"], name="webhook_delivery_once")]
        indexes = [
            models.Index(fields=["subscription", "due_at"], name="webhook_delivery_due", condition=Q(state="waiting")),
            models.Index(fields=["subscription", "id"], name="webhook_delivery_log"),
        ]
