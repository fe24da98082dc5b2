"""People who sign in, the audit trail, technical jobs and transports."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F
from django.db.models.functions import Left

from rebond.core.words import Role


class User(AbstractUser):
    role = models.CharField(max_length=16, default=Role.VIEWER.value)

    class Meta(AbstractUser.Meta):
        db_table = "person"


class AuditEntry(models.Model):
    """Who changed what, when, from what to what, and why. Append-only."""

    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=64)
    object = models.TextField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    because = models.TextField(blank=True)

    class Meta:
        db_table = "audit"
        indexes = [
            models.Index(fields=["at"], name="audit_at"),
            models.Index(fields=["action", "id"], name="audit_action"),
            models.Index(fields=["actor", "id"], name="audit_actor"),
            # By its beginning, which is all that an index takes of a long text.
            models.Index(Left("object", 100), F("id"), name="audit_object"),
        ]


class JobRun(models.Model):
    name = models.CharField(max_length=64)
    at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    result = models.JSONField(null=True)
    problem = models.TextField(blank=True)

    class Meta:
        db_table = "job_run"
        indexes = [models.Index(fields=["name", "at"], name="job_run_name")]


class TransportPause(models.Model):
    """A transport that met a fault of its own: not used before `until`; `faults` in a row make the pause longer."""

    name = models.CharField(max_length=64, unique=True)
    until = models.DateTimeField()
    faults = models.IntegerField(default=0)
    problem = models.TextField(blank=True)

    class Meta:
        db_table = "transport_pause"
