"""Profiles, their addresses and their opt-outs."""

from django.db import models


class Profile(models.Model):
    """`last_import` is the run that wrote it last: an id that comes twice in one file is told by it."""

    external_id = models.CharField(max_length=255, unique=True)
    fields = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)
    last_import = models.BigIntegerField(null=True)

    class Meta:
        db_table = "profile"


class ProfileAddress(models.Model):
    """One primary address a channel; `key` is null when the text is no possible address."""

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="addresses")
    channel = models.CharField(max_length=8)
    text = models.TextField()
    key = models.CharField(max_length=2000, null=True)

    class Meta:
        db_table = "profile_address"
        constraints = [models.UniqueConstraint(fields=["profile", "channel"], name="profile_address_once")]
        indexes = [models.Index(fields=["channel", "key"], name="profile_address_key")]


class ProfileDenial(models.Model):
    """An opt-out of a profile: `channel` is a channel or `all`."""

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="denials")
    channel = models.CharField(max_length=8)
    at = models.DateTimeField()
    origin = models.CharField(max_length=32)
    proof = models.TextField(blank=True)

    class Meta:
        db_table = "profile_denial"
        constraints = [models.UniqueConstraint(fields=["profile", "channel"], name="profile_denial_once")]
