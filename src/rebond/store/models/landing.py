"""Double opt-in: the pages where people ask to subscribe, what they asked for, and what came of it."""

from django.db import models
from django.db.models import Q

from rebond.store.models.key_field import KeyField


class LandingPage(models.Model):
    """A page at `/join/{slug}`; `texts` by language, `services` their numbers, `fields` what it asks for besides.

    A removed one stays, since requests and proofs name it; its slug is free again.
    """

    slug = models.CharField(max_length=64)
    name = models.CharField(max_length=255)
    languages = models.JSONField()
    services = models.JSONField()
    fields = models.JSONField(default=list)
    texts = models.JSONField()
    theme = models.CharField(max_length=16)
    sender = models.TextField()
    active = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "landing_page"
        constraints = [
            models.UniqueConstraint(fields=["slug"], name="landing_page_slug", condition=Q(removed_at__isnull=True))
        ]


class LandingText(models.Model):
    """What a page said, in one language, at some time: the proof of a confirmation names it. Never changed."""

    page = models.ForeignKey(LandingPage, on_delete=models.CASCADE, db_index=False)
    digest = models.CharField(max_length=32)
    language = models.CharField(max_length=8)
    content = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        db_table = "landing_text"
        constraints = [models.UniqueConstraint(fields=["page", "digest"], name="landing_text_once")]


class OptInRequest(models.Model):
    """Somebody asked to subscribe an address; once confirmed, the proof of it.

    `due_at`: from when its mail may be made; `key`: the number of the key that signs its link; `message`: its row in
    the sending log; `ended_at`: since when no subscription that it began is left.
    """

    page = models.ForeignKey(LandingPage, on_delete=models.CASCADE)
    text = models.ForeignKey(LandingText, on_delete=models.CASCADE)
    address = models.TextField()
    address_key = KeyField(max_length=320)
    services = models.JSONField()
    fields = models.JSONField(default=dict)
    source = models.CharField(max_length=16)
    status = models.CharField(max_length=16)
    asked_at = models.DateTimeField()
    asked_from = models.CharField(max_length=64, blank=True)
    network = models.CharField(max_length=64, blank=True)
    due_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    key = models.SmallIntegerField(default=0)
    message = models.BigIntegerField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_from = models.CharField(max_length=64, blank=True)
    profile = models.BigIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "opt_in_request"
        indexes = [
            models.Index(fields=["due_at", "id"], name="opt_in_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["address_key", "asked_at"], name="opt_in_address"),
            models.Index(fields=["network", "asked_at"], name="opt_in_network"),
            models.Index(fields=["status", "asked_at"], name="opt_in_status"),
            models.Index(fields=["message"], name="opt_in_message", condition=Q(message__isnull=False)),
            models.Index(fields=["profile"], name="opt_in_profile", condition=Q(profile__isnull=False)),
        ]


class ConfirmationRun(models.Model):
    """The delivery that takes the confirmations of one text of a page until `open_until`; others may be over."""

    delivery = models.BigIntegerField(primary_key=True)
    text = models.ForeignKey(LandingText, on_delete=models.CASCADE)
    open_until = models.DateTimeField()

    class Meta:
        db_table = "confirmation_run"


class OptInFact(models.Model):
    """How many requests of a page came in an hour, and what became of them by now; `seconds` sums up the waiting."""

    page = models.BigIntegerField()
    hour = models.DateTimeField()
    requested = models.BigIntegerField(default=0)
    repeated = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    confirmed = models.BigIntegerField(default=0)
    in_10_minutes = models.BigIntegerField(default=0)
    in_an_hour = models.BigIntegerField(default=0)
    in_a_day = models.BigIntegerField(default=0)
    in_two_days = models.BigIntegerField(default=0)
    seconds = models.BigIntegerField(default=0)

    class Meta:
        db_table = "opt_in_fact"
        constraints = [models.UniqueConstraint(fields=["hour", "page"], name="opt_in_fact_once")]
