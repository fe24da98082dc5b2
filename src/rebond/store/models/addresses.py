"""Evidence about addresses, and the states that it adds up to."""

from django.db import models
from django.db.models import Q

from rebond.store.dialect import EmailDomain
from rebond.store.models.key_field import KeyField


class EvidenceRow(models.Model):
    """One fact about one address; how it is judged and whether it acts change, by audited events, and nothing else."""

    identity = models.CharField(max_length=128, unique=True)
    channel = models.CharField(max_length=8)
    address_key = KeyField(max_length=2000)
    scope = models.CharField(max_length=64, blank=True)
    address = models.TextField()
    event = models.CharField(max_length=16)
    at = models.DateTimeField()
    stored_at = models.DateTimeField()
    type = models.CharField(max_length=8, blank=True)
    reason = models.CharField(max_length=32, blank=True)
    cause = models.CharField(max_length=32, blank=True)
    rule = models.CharField(max_length=128, blank=True)
    pack_version = models.CharField(max_length=64, blank=True)
    confirm = models.SmallIntegerField(default=1)
    text = models.TextField(blank=True)
    code = models.IntegerField(default=0)
    enhanced = models.CharField(max_length=16, blank=True)
    phase = models.CharField(max_length=16, blank=True)
    provider = models.CharField(max_length=64, blank=True)
    qualification = models.BigIntegerField(null=True)
    message_id = models.CharField(max_length=255, blank=True)
    message = models.BigIntegerField(null=True)
    returned_mail = models.CharField(max_length=64, blank=True)
    asynchronous = models.BooleanField(default=False)
    trust = models.CharField(max_length=16)
    trusted = models.BooleanField(default=True)
    first_sight = models.BooleanField(default=False)
    held_by = models.CharField(max_length=64, blank=True)
    voids = models.JSONField(default=list)
    because = models.TextField(blank=True)
    actor = models.CharField(max_length=150, blank=True)

    class Meta:
        db_table = "evidence"
        indexes = [
            models.Index(fields=["channel", "address_key", "at"], name="evidence_address"),
            models.Index(fields=["at"], name="evidence_at"),
            # What a rule can ask of a text besides its words: replaying goes by these, not by rows.
            models.Index(
                fields=["qualification", "phase", "code", "enhanced", "id"],
                include=["address_key"],  # whom the queue waits for is counted from the index alone
                name="evidence_situation",
                condition=Q(qualification__isnull=False),
            ),
        ]


class ToldSuccess(models.Model):
    """A success told by an event, of a message that is not ours."""

    identity = models.CharField(max_length=128, unique=True)
    channel = models.CharField(max_length=8)
    address_key = KeyField(max_length=2000)
    at = models.DateTimeField()
    stored_at = models.DateTimeField()
    message_id = models.CharField(max_length=255, blank=True)

    class Meta:
        db_table = "told_success"
        indexes = [models.Index(fields=["channel", "address_key", "at"], name="told_success_address")]


class AddressStateRow(models.Model):
    """The projection: one row for each address that is not plainly valid.

    On PostgreSQL the index `address_state_blocked`, of migration 0019, tells which addresses are blocked.
    """

    channel = models.CharField(max_length=8)
    address_key = KeyField(max_length=2000)
    scope = models.CharField(max_length=64, blank=True)
    address = models.TextField()
    status = models.CharField(max_length=16)
    origin = models.CharField(max_length=16, blank=True)
    reason = models.CharField(max_length=32, blank=True)
    cause = models.CharField(max_length=32, blank=True)
    error_count = models.IntegerField(default=0)
    first_error_at = models.DateTimeField(null=True)
    last_error_at = models.DateTimeField(null=True)
    last_counted_at = models.DateTimeField(null=True)
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    error_text = models.TextField(blank=True)
    provider = models.CharField(max_length=64, blank=True)
    releases = models.IntegerField(default=0)
    confirming = models.JSONField(default=list)
    policy_digest = models.CharField(max_length=16)

    class Meta:
        db_table = "address_state"
        constraints = [models.UniqueConstraint(fields=["channel", "address_key", "scope"], name="address_state_once")]
        indexes = [
            models.Index(fields=["status", "channel"], name="address_state_status"),
            models.Index(fields=["until"], name="address_state_until", condition=Q(until__isnull=False)),
            # The orders in which people page through the list, and what they ask for most.
            models.Index(fields=["since", "id"], name="address_state_since"),
            models.Index(fields=["status", "since", "id"], name="address_state_status_since"),
            models.Index(fields=["error_count", "id"], name="address_state_errors"),
            models.Index(
                EmailDomain("address_key"), "since", "id", name="address_state_domain", condition=Q(channel="email")
            ),
        ]


class SnapshotRow(models.Model):
    """An address's state at the horizon up to which its evidence was purged."""

    channel = models.CharField(max_length=8)
    address_key = KeyField(max_length=2000)
    scope = models.CharField(max_length=64, blank=True)
    horizon = models.DateTimeField()
    policy_digest = models.CharField(max_length=16)
    state = models.JSONField()

    class Meta:
        db_table = "address_snapshot"
        constraints = [
            models.UniqueConstraint(fields=["channel", "address_key", "scope"], name="address_snapshot_once")
        ]


class Unattributed(models.Model):
    """A failure or complaint that acted on nothing, with why; a person can accept one that names an address."""

    identity = models.CharField(max_length=128, unique=True)
    at = models.DateTimeField()
    stored_at = models.DateTimeField()
    source = models.CharField(max_length=64)
    returned_mail = models.CharField(max_length=64, blank=True)
    channel = models.CharField(max_length=8)
    address = models.TextField(blank=True)
    evidence = models.CharField(max_length=128, blank=True)
    trust = models.CharField(max_length=16)
    required = models.CharField(max_length=16)
    why = models.CharField(max_length=32)
    detail = models.TextField(blank=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.CharField(max_length=150, blank=True)

    class Meta:
        db_table = "unattributed"
        indexes = [models.Index(fields=["returned_mail"], name="unattributed_returned_mail")]
