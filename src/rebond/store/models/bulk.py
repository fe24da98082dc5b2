"""What was done to many addresses at once, and the filters that people keep."""

from django.db import models

from rebond.store.models.key_field import KeyField


class QuarantineOperation(models.Model):
    """One act on many addresses; its number undoes it.

    `selection` is what was asked for; `step`: see `store.read.bulk.BulkStep`; `cursor` is how far the present step has
    come. `changed` counts the addresses that it changed, `passed` those that it left as they were, and `put_back`
    those that its undoing changed again.
    """

    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    kind = models.CharField(max_length=16)
    because = models.TextField(blank=True)
    selection = models.JSONField(default=dict)
    step = models.CharField(max_length=16)
    cursor = models.BigIntegerField(default=0)
    expected = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    passed = models.BigIntegerField(default=0)
    put_back = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=150, blank=True)

    class Meta:
        db_table = "quarantine_operation"


class QuarantineItem(models.Model):
    """An address that an operation changed: by which evidence, and the state that this left."""

    operation = models.BigIntegerField()
    channel = models.CharField(max_length=8)
    address_key = KeyField(max_length=2000)
    address = models.TextField()
    evidence = models.CharField(max_length=128)
    after = models.JSONField()

    class Meta:
        db_table = "quarantine_item"
        constraints = [
            models.UniqueConstraint(fields=["operation", "channel", "address_key"], name="quarantine_item_once")
        ]
        indexes = [models.Index(fields=["operation", "id"], name="quarantine_item_operation")]


class SavedView(models.Model):
    """The filters of a list that somebody keeps under a name."""

    person = models.CharField(max_length=150)
    page = models.CharField(max_length=32)
    name = models.CharField(max_length=80)
    query = models.TextField(blank=True)

    class Meta:
        db_table = "saved_view"
        constraints = [models.UniqueConstraint(fields=["person", "page", "name"], name="saved_view_once")]
