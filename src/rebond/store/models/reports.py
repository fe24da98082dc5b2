"""What reports read: sums over the logs, made beside them and never by counting the logs when a page is opened."""

from django.db import models


class Fact(models.Model):
    """How many messages of a delivery met with what in which hour.

    `kind`: see `core.words.SendingFact`. `late`: a return after the first seven days. `attempts` and `seconds` are
    sums over the messages: tries, and the time from the first claim to the answer. An exclusion has the reason and the
    cause of the exclusion log, and the hour of preparation.
    """

    delivery = models.BigIntegerField()
    channel = models.CharField(max_length=8)
    hour = models.DateTimeField()
    kind = models.CharField(max_length=16)
    type = models.CharField(max_length=8, blank=True)
    reason = models.CharField(max_length=32, blank=True)
    cause = models.CharField(max_length=32, blank=True)
    late = models.BooleanField(default=False)
    number = models.BigIntegerField()
    attempts = models.BigIntegerField(default=0)
    seconds = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


class HourFact(Fact):
    """The same for all providers together: what most of a report is made of."""

    class Meta:
        db_table = "hour_fact"
        indexes = [
            models.Index(fields=["delivery"], name="hour_fact_delivery"),
            models.Index(fields=["hour", "kind"], name="hour_fact_hour"),
        ]


class SendingFact(Fact):
    """Provider by provider."""

    provider = models.CharField(max_length=64, blank=True)

    class Meta:
        db_table = "sending_fact"
        indexes = [
            models.Index(fields=["delivery"], name="sending_fact_delivery"),
            models.Index(fields=["hour", "kind"], name="sending_fact_hour"),
            models.Index(fields=["provider", "hour"], name="sending_fact_provider"),
            # Which providers tell of complaints at all.
            models.Index(fields=["provider"], name="sending_fact_complained", condition=models.Q(kind="complained")),
        ]


class DomainHour(Fact):
    """Domain by domain, of email; the domain `''` is what lies beyond a delivery's largest, and who has no address."""

    provider = models.CharField(max_length=64, blank=True)
    domain = models.CharField(max_length=255, blank=True)

    class Meta:
        db_table = "domain_hour"
        indexes = [
            models.Index(fields=["delivery"], name="domain_hour_delivery"),
            models.Index(fields=["domain", "hour"], name="domain_hour_domain"),
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
    """Up to which counters a delivery was summed: it is summed again when they have moved.

    `whole`: whether its sums tell domains and exclusions too; None: still to be made, False: its messages are gone.
    """

    delivery = models.BigIntegerField(primary_key=True)
    seen = models.JSONField()
    at = models.DateTimeField()
    whole = models.BooleanField(null=True)

    class Meta:
        db_table = "summed_delivery"


class StatusChange(models.Model):
    """An address went from one status to another; `delivery` is whose failure did it, where one did.

    `origin`, `provider` and `domain` are empty in rows from before they were written down.
    """

    at = models.DateTimeField()
    channel = models.CharField(max_length=8)
    before = models.CharField(max_length=16)
    after = models.CharField(max_length=16)
    reason = models.CharField(max_length=32, blank=True)
    cause = models.CharField(max_length=32, blank=True)
    delivery = models.BigIntegerField(null=True)
    origin = models.CharField(max_length=16, blank=True, db_default="")
    provider = models.CharField(max_length=64, blank=True, db_default="")
    domain = models.CharField(max_length=255, blank=True, db_default="")

    class Meta:
        db_table = "status_change"
        indexes = [models.Index(fields=["at"], name="status_change_at")]


class ChangeHour(models.Model):
    """How many addresses went from one status to another in an hour: the changes, summed.

    With `HELD` for a status after: how many returns acted on nothing, as nothing proves what they say.
    """

    HELD = "held"

    hour = models.DateTimeField()
    channel = models.CharField(max_length=8)
    before = models.CharField(max_length=16)
    after = models.CharField(max_length=16)
    origin = models.CharField(max_length=16, blank=True)
    delivery = models.BigIntegerField(null=True)
    number = models.BigIntegerField()

    class Meta:
        db_table = "change_hour"
        indexes = [models.Index(fields=["hour"], name="change_hour_hour")]


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
