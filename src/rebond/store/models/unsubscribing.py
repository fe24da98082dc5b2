"""Who left, and how we know."""

from django.db import models


class Unsubscription(models.Model):
    """The proof that a person left by a signed link; `way`: see `core.words.WayOut`.

    `service` is the one that was left, none where it was the whole channel. `source` is the network address that asked,
    or the returned mail. `delivery` and `message` say which message it answered; both may be gone.
    """

    profile = models.BigIntegerField()
    delivery = models.BigIntegerField()
    message = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=8)
    service = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    way = models.CharField(max_length=16)
    source = models.CharField(max_length=64, blank=True)

    class Meta:
        db_table = "unsubscription"
        indexes = [
            models.Index(fields=["profile"], name="unsubscription_profile"),
            models.Index(fields=["at"], name="unsubscription_at"),
        ]
