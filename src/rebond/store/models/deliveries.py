"""Deliveries, their sending log and exclusion log, and the counters that change with them."""

from django.db import models
from django.db.models import F, Q

from rebond.store.models.key_field import KeyField

TROUBLE = ("failed", "cancelled", "production_error")


class DeliverySettings(models.Model):
    """What a delivery and a template have in common; `retries` holds the intervals in seconds."""

    channel = models.CharField(max_length=8)
    message_class = models.CharField(max_length=16)
    sender = models.TextField()
    subject = models.TextField(blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    validity = models.DurationField()
    retries = models.JSONField()
    retry_permanent = models.CharField(max_length=16)
    duplicates = models.BooleanField(default=False)
    verify_all = models.BooleanField(default=False)

    class Meta:
        abstract = True


class Delivery(DeliverySettings):
    """`target`: see `store.read.deliveries.Target`, with `target_ref` the segment, list or service that it names.

    `template` is the one that it was made from, which may be gone. `cursor` is preparation's progress: the last profile
    done; below zero while an earlier one is being cleared away.
    """

    name = models.CharField(max_length=255)
    target = models.CharField(max_length=16)
    target_ref = models.BigIntegerField(null=True)
    template = models.BigIntegerField(null=True)
    status = models.CharField(max_length=16)
    problem = models.TextField(blank=True)
    cursor = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    prepared_at = models.DateTimeField(null=True)
    scheduled_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "delivery"
        indexes = [
            models.Index(fields=["template", "id"], name="delivery_made_from", condition=Q(template__isnull=False))
        ]


class DeliveryTemplate(DeliverySettings):
    """A delivery's defaults, to copy from."""

    name = models.CharField(max_length=255, unique=True)
    target = models.CharField(max_length=16)
    target_ref = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "delivery_template"


class TargetMember(models.Model):
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, db_index=False)
    profile = models.BigIntegerField()

    class Meta:
        db_table = "target_member"
        constraints = [models.UniqueConstraint(fields=["delivery", "profile"], name="target_member_once")]


class DeliveryCounts(models.Model):
    """One row a delivery, changed in the transaction that changes the rows; the database checks the equations."""

    delivery = models.OneToOneField(Delivery, on_delete=models.CASCADE, primary_key=True, related_name="counts")
    target = models.BigIntegerField(default=0)
    excluded = models.BigIntegerField(default=0)
    messages = models.BigIntegerField(default=0)
    pending = models.BigIntegerField(default=0)
    delivered = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    cancelled = models.BigIntegerField(default=0)
    production_errors = models.BigIntegerField(default=0)
    returned = models.BigIntegerField(default=0)

    class Meta:
        db_table = "delivery_counts"
        constraints = [
            models.CheckConstraint(name="counts_target", condition=Q(target=F("excluded") + F("messages"))),
            models.CheckConstraint(
                name="counts_messages",
                condition=Q(
                    messages=F("production_errors") + F("failed") + F("cancelled") + F("delivered") + F("pending")
                ),
            ),
            models.CheckConstraint(name="counts_returned", condition=Q(returned__lte=F("delivered"))),
            models.CheckConstraint(
                name="counts_positive",
                condition=Q(
                    target__gte=0,
                    excluded__gte=0,
                    messages__gte=0,
                    pending__gte=0,
                    failed__gte=0,
                    cancelled__gte=0,
                    production_errors__gte=0,
                    returned__gte=0,
                ),
            ),
        ]


class ExclusionCount(models.Model):
    """How many were excluded for a reason and cause (`''`: none); their sum is `excluded`."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, db_index=False)
    reason = models.CharField(max_length=32)
    cause = models.CharField(max_length=32, blank=True)
    number = models.BigIntegerField(default=0)

    class Meta:
        db_table = "exclusion_count"
        constraints = [models.UniqueConstraint(fields=["delivery", "reason", "cause"], name="exclusion_count_once")]


class Message(models.Model):
    """The sending log.

    `message_id` (without brackets) is fixed at the first claim. `lease_until` and `worker` hold a claim; `fence` is
    above zero from the moment its window has begun. `step` is the place in the retry calendar.
    `dedupe_key` is null where duplicates are allowed. The database does not check `delivery` row by row, here and in
    the exclusion log: that took a third of the time of preparing.
    """

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    profile = models.BigIntegerField()
    channel = models.CharField(max_length=8)
    address = models.TextField()
    address_key = KeyField(max_length=2000)
    dedupe_key = KeyField(max_length=2000, null=True)
    provider = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=16)
    type = models.CharField(max_length=8, blank=True)
    reason = models.CharField(max_length=32, blank=True)
    cause = models.CharField(max_length=32, blank=True)
    rule = models.CharField(max_length=128, blank=True)
    text = models.TextField(blank=True)
    attempts = models.IntegerField(default=0)
    step = models.IntegerField(default=0)
    last_attempt_at = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(null=True)
    first_claimed_at = models.DateTimeField(null=True)
    message_id = models.CharField(max_length=255, blank=True)
    worker = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    fence = models.BigIntegerField(default=0)
    uncertain = models.BooleanField(default=False)
    remote_id = models.CharField(max_length=255, blank=True)
    delivered_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)
    return_type = models.CharField(max_length=8, blank=True)
    return_reason = models.CharField(max_length=32, blank=True)
    return_cause = models.CharField(max_length=32, blank=True)
    return_rule = models.CharField(max_length=128, blank=True)
    return_text = models.TextField(blank=True)
    complained_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "message"
        constraints = [
            models.UniqueConstraint(fields=["delivery", "profile"], name="message_once"),
            models.UniqueConstraint(fields=["delivery", "dedupe_key"], name="message_address_once"),
        ]
        indexes = [
            models.Index(
                fields=["delivery", "next_attempt_at", "id"],
                name="message_due",
                condition=Q(status__in=("pending", "sending", "uncertain")),
            ),
            models.Index(
                fields=["channel", "address_key"], name="message_success", condition=Q(delivered_at__isnull=False)
            ),
            models.Index(fields=["message_id"], name="message_message_id", condition=~Q(message_id="")),
            # What lists of failures are made from: few of many, and a sender's success never touches it.
            models.Index(
                fields=["delivery", "profile"],
                name="message_trouble",
                condition=Q(status__in=TROUBLE) | Q(returned_at__isnull=False),
            ),
        ]


class Exclusion(models.Model):
    """The exclusion log; `late` marks those found at a claim."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    profile = models.BigIntegerField()
    address = models.TextField(blank=True)
    reason = models.CharField(max_length=32)
    cause = models.CharField(max_length=32, blank=True)
    late = models.BooleanField(default=False)

    class Meta:
        db_table = "exclusion"
        constraints = [models.UniqueConstraint(fields=["delivery", "profile"], name="exclusion_once")]
