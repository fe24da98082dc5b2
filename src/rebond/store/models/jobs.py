"""Background work: who carries out what, and which processes run."""

from django.db import models


class JobHold(models.Model):
    """A job that a worker carries out alone until `until`, or that somebody asked for (`asked_at`) and nobody began."""

    name = models.CharField(max_length=128, unique=True)
    worker = models.CharField(max_length=80, blank=True)
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    asked_by = models.CharField(max_length=150, blank=True)

    class Meta:
        db_table = "job_hold"


class RunningProcess(models.Model):
    """A part of the site that runs somewhere, and when it last said so."""

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=16)
    host = models.CharField(max_length=64)
    pid = models.IntegerField()
    version = models.CharField(max_length=32)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "running_process"
