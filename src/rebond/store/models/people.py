"""Profiles, their addresses and their opt-outs."""

from django.db import models

from rebond.store.models.key_field import KeyField


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
    key = KeyField(max_length=2000, null=True)

    class Meta:
        db_table = "profile_address"
        constraints = [models.UniqueConstraint(fields=["profile", "channel"], name="profile_address_once")]
        # Whose an address is, is told by the index alone; the key first, since all channels are alike.
        indexes = [models.Index(fields=["key", "channel"], include=["profile"], name="profile_address_key")]


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


class PeopleUpload(models.Model):
    """A file of people given on a page, read in by a worker; `rejected` lists the first bad rows by line.

    `path` is below the data directory, and the file goes when it was read. `delivery`, `people_list` and `service` say
    what its people are for.
    """

    name = models.CharField(max_length=255)
    path = models.TextField()
    options = models.JSONField()
    delivery = models.BigIntegerField(null=True)
    people_list = models.BigIntegerField(null=True)
    service = models.BigIntegerField(null=True)
    status = models.CharField(max_length=16)
    problem = models.TextField(blank=True)
    size = models.BigIntegerField(default=0)
    read = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    created = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    rejected_number = models.BigIntegerField(default=0)
    rejected = models.JSONField(default=list)
    actor = models.CharField(max_length=255)
    created_at = models.DateTimeField()
    touched_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "people_upload"
