"""What came back by mail, as it came, and the distinct texts that failures carry."""

from django.db import models
from django.db.models import Q


class RawMail(models.Model):
    """A raw mail, zlib-compressed, by the SHA-256 of its bytes."""

    digest = models.CharField(max_length=64, primary_key=True)
    body = models.BinaryField()
    size = models.BigIntegerField()
    stored_at = models.DateTimeField()

    class Meta:
        db_table = "raw_mail"
        indexes = [models.Index(fields=["stored_at"], name="raw_mail_stored_at")]


class ReturnedMail(models.Model):
    """One acknowledged return. `identity` is the digest of its bytes and recipient; `state`: see `ReturnState`."""

    identity = models.CharField(max_length=64, unique=True)
    raw = models.CharField(max_length=64)
    source = models.CharField(max_length=64)
    envelope_from = models.TextField(null=True)
    envelope_to = models.TextField(blank=True)
    received_at = models.DateTimeField()
    required_trust = models.CharField(max_length=16)
    state = models.CharField(max_length=16)
    kind = models.CharField(max_length=16, blank=True)
    tries = models.IntegerField(default=0)
    worker = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    class Meta:
        db_table = "returned_mail"
        indexes = [
            models.Index(
                fields=["id"], name="returned_mail_fresh", condition=Q(state="stored", lease_until__isnull=True)
            ),
            models.Index(
                fields=["lease_until", "id"],
                name="returned_mail_again",
                condition=Q(state="stored", lease_until__isnull=False),
            ),
            models.Index(fields=["state", "id"], name="returned_mail_state"),
        ]


class Qualification(models.Model):
    """One row per distinct normalised text of a channel and provider; `digest` is its key.

    `first_identity` names the evidence whose transaction made the row: that one was its first sight.
    """

    digest = models.CharField(max_length=32, unique=True)
    channel = models.CharField(max_length=8)
    provider = models.CharField(max_length=64, blank=True)
    template = models.TextField()
    first_text = models.TextField()
    first_identity = models.CharField(max_length=128)
    type = models.CharField(max_length=8)
    reason = models.CharField(max_length=32)
    cause = models.CharField(max_length=32)
    rule = models.CharField(max_length=128)
    pack_version = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=16)
    count = models.BigIntegerField(default=0)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        db_table = "qualification"
        indexes = [models.Index(fields=["status", "count"], name="qualification_status")]
