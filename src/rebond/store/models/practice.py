"""The practice of qualification: a site's own rules, what changing them did, and what the team is to be told."""

from django.db import models


class ConsoleRule(models.Model):
    """A rule of this site; `document` is its table as in a rule file. Such rules come before all shipped ones."""

    name = models.CharField(max_length=128, unique=True)
    document = models.JSONField()
    operation = models.BigIntegerField()

    class Meta:
        db_table = "console_rule"


class RuleOperation(models.Model):
    """One change of rules or statuses and all that followed from it; its number undoes it.

    `rules_before` and `rules_after` hold the documents by name, null where there was none. `cursor` is how far the
    present step has come; `step`: see `store.read.rules.Step`. `pack` is what was taken, when a pack was: its name,
    version and digest, who signed it and the source that gave it.
    """

    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    kind = models.CharField(max_length=16)
    because = models.TextField(blank=True)
    step = models.CharField(max_length=16)
    rules_before = models.JSONField(default=dict)
    rules_after = models.JSONField(default=dict)
    pack = models.JSONField(null=True)
    cursor = models.JSONField(default=list)
    failures = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=150, blank=True)

    class Meta:
        db_table = "rule_operation"


class SeenPack(models.Model):
    """The newest version of a pack of rules that a source gave, whether or not anything of it was taken."""

    source = models.CharField(max_length=255)
    name = models.CharField(max_length=64)
    version = models.CharField(max_length=16)
    digest = models.CharField(max_length=64)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "seen_pack"
        constraints = [models.UniqueConstraint(fields=["source", "name"], name="seen_pack_once")]


class GivenVerdict(models.Model):
    """The columns of a verdict, as evidence has them."""

    type = models.CharField(max_length=8)
    reason = models.CharField(max_length=32)
    cause = models.CharField(max_length=32)
    rule = models.CharField(max_length=128)
    pack_version = models.CharField(max_length=64, blank=True)
    confirm = models.SmallIntegerField(default=1)

    class Meta:
        abstract = True


class VerdictChange(GivenVerdict):
    """What an operation makes of the failures with one text in one situation."""

    operation = models.BigIntegerField()
    qualification = models.BigIntegerField()
    phase = models.CharField(max_length=16, blank=True)
    code = models.IntegerField(default=0)
    enhanced = models.CharField(max_length=16, blank=True)

    class Meta:
        db_table = "verdict_change"
        indexes = [models.Index(fields=["operation", "id"], name="verdict_change_operation")]


class QualificationChange(models.Model):
    """A qualification's verdict and status before and after an operation."""

    operation = models.BigIntegerField()
    qualification = models.BigIntegerField()
    before = models.JSONField()
    after = models.JSONField()

    class Meta:
        db_table = "qualification_change"
        constraints = [models.UniqueConstraint(fields=["operation", "qualification"], name="qualification_change_once")]
        indexes = [models.Index(fields=["qualification"], name="qualification_change_text")]


class Requalified(GivenVerdict):
    """The verdict that a piece of evidence had before an operation changed it."""

    operation = models.BigIntegerField()
    evidence = models.BigIntegerField()

    class Meta:
        db_table = "requalified"
        constraints = [models.UniqueConstraint(fields=["operation", "evidence"], name="requalified_once")]
