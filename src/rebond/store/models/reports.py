"""What reports read: sums over the logs, made beside them and never by counting the logs when a page is opened."""

from django.db import models


class SendingFact(models.Model):
    """How many messages of a delivery met with what in which hour.

    `kind`: see `core.words.SendingFact`. `late`: a return after the first seven days. `attempts` and `seconds` are
    sums over the messages: tries, and the time from the first claim to the answer.
    """

    delivery = models.BigIntegerField()
    channel = models.CharField(max_length=8)
    hour = models.DateTimeField()
    kind = models.CharField(max_length=16)
    provider = models.CharField(max_length=64, blank=True)
    type = models.CharField(max_length=8, blank=True)
    reason = models.CharField(max_length=32, blank=True)
    cause = models.CharField(max_length=32, blank=True)
    late = models.BooleanField(default=False)
    number = models.BigIntegerField()
    attempts = models.BigIntegerField(default=0)
    seconds = models.BigIntegerField(default=0)

    class Meta:
        db_table = "sending_fact"
        indexes = [
            models.Index(fields=["delivery"], name="sending_fact_delivery"),
            models.Index(fields=["hour", "kind"], name="sending_fact_hour"),
        ]


class DomainFact(models.Model):
    """A delivery's messages by domain; the domain `''` sums up those beyond the largest."""

    delivery = models.BigIntegerField()
    domain = models.CharField(max_length=255, blank=True)
    provider = models.CharField(max_length=64, blank=True)
    delivered = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    returned = models.BigIntegerField(default=0)
    complained = models.BigIntegerField(default=0)

    class Meta:
        db_table = "domain_fact"
        indexes = [models.Index(fields=["delivery"], name="domain_fact_delivery")]


class SummedDelivery(models.Model):
    """Up to which counters a delivery was summed: it is summed again when they have moved."""

    delivery = models.BigIntegerField(primary_key=True)
    seen = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        db_table = "summed_delivery"


class StatusChange(models.Model):
    """An address went from one status to another; `delivery` is whose failure did it, where one did."""

    at = models.DateTimeField()
    channel = models.CharField(max_length=8)
    before = models.CharField(max_length=16)
    after = models.CharField(max_length=16)
    reason = models.CharField(max_length=32, blank=True)
    cause = models.CharField(max_length=32, blank=True)
    delivery = models.BigIntegerField(null=True)

    class Meta:
        db_table = "status_change"
        indexes = [models.Index(fields=["at"], name="status_change_at")]


class QuarantineSize(models.Model):
    """How many addresses had a status at the end of a day, or so far today.

    `recent` and `this_year`: of them, those in it for 30 and for 365 days at most; `leaving`: those due to leave within
    30 days. The status `''` counts all addresses of profiles.
    """

    day = models.DateField()
    channel = models.CharField(max_length=8)
    status = models.CharField(max_length=16, blank=True)
    reason = models.CharField(max_length=32, blank=True)
    number = models.BigIntegerField()
    recent = models.BigIntegerField(default=0)
    this_year = models.BigIntegerField(default=0)
    leaving = models.BigIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        db_table = "quarantine_size"
        constraints = [
            models.UniqueConstraint(fields=["day", "channel", "status", "reason"], name="quarantine_size_once")
        ]
