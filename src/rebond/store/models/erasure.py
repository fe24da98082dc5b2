"""What is left of people who were erased: keyed hashes of addresses that must stay blocked, and what was done."""

from django.db import models


class ErasedAddress(models.Model):
    """What stood against an erased person's address; `digest` is its keyed hash, of which the key is in no table.

    `kind`: see `core.words.KeptOfErased`. `scope` is that of the state, or the channel that the person opted out of;
    `state` (without texts) comes back with the address; after `until` nothing stands against it any more.
    """

    digest = models.CharField(max_length=64)
    channel = models.CharField(max_length=8)
    kind = models.CharField(max_length=8)
    scope = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=16)
    policy_digest = models.CharField(max_length=16, blank=True)
    state = models.JSONField(default=dict)
    until = models.DateTimeField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "erased_address"
        constraints = [models.UniqueConstraint(fields=["digest", "kind", "scope"], name="erased_address_once")]


class Erasure(models.Model):
    """One erasure, by the number that the profile had; `returns` are the returned mails still to be emptied."""

    profile = models.BigIntegerField(unique=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    numbers = models.JSONField(default=dict)
    returns = models.JSONField(default=list)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "erasure"
        indexes = [models.Index(fields=["id"], name="erasure_unfinished", condition=models.Q(finished_at__isnull=True))]
