"""What the team is to be told."""

from django.db import models
from django.db.models import Q


class Alert(models.Model):
    """One alert; `subject` is the number of what it is about, which of them `kind` tells (`core.words.AlertKind`).

    At most one is open for each; `count` came between `first_at` and `last_at` when it was raised. `operation` is the
    change of rules that ended it: undone, it opens again.
    """

    kind = models.CharField(max_length=32)
    subject = models.BigIntegerField()
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
            models.UniqueConstraint(fields=["kind", "subject"], condition=Q(ended_at__isnull=True), name="alert_open")
        ]
        indexes = [models.Index(fields=["operation"], name="alert_operation", condition=Q(operation__isnull=False))]
