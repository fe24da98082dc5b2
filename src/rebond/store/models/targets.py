"""Whom deliveries go to beside everybody and files: segments, lists, and the subscribers of services."""

from django.db import models


class Segment(models.Model):
    """A saved filter over profiles; `filter`: see `core.segment`."""

    name = models.CharField(max_length=255, unique=True)
    filter = models.JSONField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "segment"


class PeopleList(models.Model):
    """A named list of profiles; `members` is kept with them."""

    name = models.CharField(max_length=255, unique=True)
    members = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "people_list"


class ListMember(models.Model):
    people_list = models.ForeignKey(PeopleList, on_delete=models.CASCADE, db_index=False)
    profile = models.BigIntegerField()

    class Meta:
        db_table = "list_member"
        constraints = [models.UniqueConstraint(fields=["people_list", "profile"], name="list_member_once")]


class Service(models.Model):
    """Something that profiles subscribe to, such as a newsletter; `subscribers` is kept with them."""

    name = models.CharField(max_length=255, unique=True)
    subscribers = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "service"


class Subscription(models.Model):
    """`origin` says where it came from: an import, a page, a person."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, db_index=False)
    profile = models.BigIntegerField()
    at = models.DateTimeField()
    origin = models.CharField(max_length=32)

    class Meta:
        db_table = "subscription"
        constraints = [models.UniqueConstraint(fields=["service", "profile"], name="subscription_once")]
        indexes = [models.Index(fields=["profile"], name="subscription_profile")]
