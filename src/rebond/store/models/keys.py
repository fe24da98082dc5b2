"""API keys, and the answers that are kept so that a request sent again does nothing twice."""

from django.db import models


class ApiKey(models.Model):
    """One key; `digest` is the SHA-256 of its secret, `scopes` are operations (`core.permissions.Operation`)."""

    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)
    role = models.CharField(max_length=16)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=150, blank=True)
    last_used_on = models.DateField(null=True)

    class Meta:
        db_table = "api_key"


class KeptAnswer(models.Model):
    """What a key was answered under an idempotency key; `status` is null while the request is at work.

    `digest` is that of method, address and body; `body` is zlib-compressed.
    """

    key = models.BigIntegerField()
    name = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    status = models.SmallIntegerField(null=True)
    content_type = models.CharField(max_length=100, blank=True)
    body = models.BinaryField(default=b"")

    class Meta:
        db_table = "kept_answer"
        constraints = [models.UniqueConstraint(fields=["key", "name"], name="kept_answer_once")]
        indexes = [models.Index(fields=["at"], name="kept_answer_at")]
