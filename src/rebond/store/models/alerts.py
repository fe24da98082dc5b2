"""What the team is to be told."""

from django.db import models
from django.db.models import Q


class Alert(models.Model):
    """One alert; `subject` or `name` tells which of what `kind` says it is about (`core.words.AlertKind`).

    At most one is open for each; `count` came between `first_at` and `last_at` when it was raised (or was told again).
    `words` says what is the matter where what it is about does not. `operation` is the change of rules that ended it:
    undone, it opens again.
    """

    kind = models.CharField(max_length=32)
    subject = models.BigIntegerField(default=0)
    name = models.CharField(max_length=255, blank=True)
    words = models.TextField(blank=True)
    raised_at = models.DateTimeField()
    count = models.BigIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=16, blank=True)
    operation = models.BigIntegerField(null=True)

    class Meta:
        db_table = "alert"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject", "name"], condition=Q(ended_at__isnull=True), name="alert_open"
            )
        ]
        indexes = [models.Index(fields=["operation"], name="alert_operation", condition=Q(operation__isnull=False))]
