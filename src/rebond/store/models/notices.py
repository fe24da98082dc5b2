"""Who was told of which alert."""

from django.db import models
from django.db.models import Q


class AlertNotice(models.Model):
    """A message about an alert to one place: that it was raised, or has ended; told at most once.

    `place` is an email address, or a name of a chat service: never its address, which may hold a secret.
    """

    alert = models.BigIntegerField()
    ended = models.BooleanField(default=False)
    place = models.CharField(max_length=255)
    made_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    tries = models.IntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    class Meta:
        db_table = "alert_notice"
        constraints = [models.UniqueConstraint(fields=["alert", "ended", "place"], name="alert_notice_once")]
        indexes = [
            models.Index(
                fields=["next_at"],
                name="alert_notice_due",
                condition=Q(told_at__isnull=True, next_at__isnull=False),
            )
        ]
