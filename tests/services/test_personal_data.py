"""Each column that can hold a text is judged: does it tell of a person, and what becomes of it when one is erased?"""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

ROOT = Path(__file__).parents[2]
_TEXTS = (models.CharField, models.TextField, models.JSONField, models.BinaryField, models.GenericIPAddressField)
# Columns of lists of words, numbers and names of the site's own things: nobody is told by them.
_WORDS = frozenset(
    [
        "channel",
        "scope",
        "status",
        "origin",
        "reason",
        "cause",
        "type",
        "kind",
        "rule",
        "pack_version",
        "enhanced",
        "phase",
        "provider",
        "trust",
        "required",
        "why",
        "event",
        "held_by",
        "policy_digest",
        "confirming",
        "voids",
        "step",
        "message_class",
        "retries",
        "retry_permanent",
        "target",
        "role",
        "state",
        "return_type",
        "return_reason",
        "return_cause",
        "return_rule",
        "digest",
        "network_kind",
        "required_trust",
        "source_kind",
        "before_status",
        "worker",
        "theme",
        "languages",
        "services",
        "language",
        "version",
    ]
)
# Removed with the row, or emptied.
GOES = {
    "EvidenceRow": "identity address_key address text message_id returned_mail because",
    "ToldSuccess": "identity address_key message_id",
    "AddressStateRow": "address_key address error_text",
    "SnapshotRow": "address_key state",
    "Unattributed": "identity returned_mail address evidence detail",
    "QuarantineOperation": "because selection",
    "QuarantineItem": "address_key address evidence after",
    "SavedView": "query",
    "Message": "address address_key dedupe_key text remote_id return_text",
    "Exclusion": "address",
    "KeptAnswer": "body",
    "OptInRequest": "address address_key fields asked_from network confirmed_from",
    "Profile": "external_id fields",
    "ProfileAddress": "text key",
    "ProfileDenial": "origin proof",
    "PeopleUpload": "rejected problem",
    "RawMail": "body",
    "ReturnedMail": "envelope_from envelope_to problem",
    "Qualification": "first_text first_identity",
    "AuditEntry": "object before after because",
    "Subscription": "origin",
    "Unsubscription": "source",
    "WebhookEvent": "body",
}
# What people who work here wrote, or are called by, and what machines told of themselves.
STAYS = {
    "EvidenceRow": "actor",
    "Unattributed": "source accepted_by",
    "Alert": "name words acknowledged_by ended_because",
    "QuarantineOperation": "actor undone_by",
    "SavedView": "person page name",
    "Delivery": "sender subject text html name problem",
    "DeliveryTemplate": "sender subject text html name",
    "Message": "message_id",
    "Erasure": "actor numbers returns",
    "JobHold": "name asked_by",
    "RunningProcess": "name host",
    "ApiKey": "name scopes created_by revoked_by",
    "KeptAnswer": "name content_type",
    "LandingPage": "slug name fields texts sender",
    "LandingText": "content",
    "OptInRequest": "source",
    "AlertNotice": "place problem",
    "PeopleUpload": "name path options actor",
    "ConsoleRule": "name document",
    "RuleOperation": "actor because rules_before rules_after pack cursor undone_by",
    "SeenPack": "source name",
    "QualificationChange": "before after",
    "DomainHour": "domain",
    "DomainFact": "domain",
    "SummedDelivery": "seen",
    "StatusChange": "before after domain",
    "ChangeHour": "before after",
    "ReturnedMail": "identity raw source",
    "Qualification": "template",
    "User": "password username first_name last_name email",
    "AuditEntry": "actor action",
    "JobRun": "name result problem",
    "TransportPause": "name problem",
    "Segment": "name filter",
    "PeopleList": "name",
    "Service": "name",
    "Unsubscription": "way",
    "WebhookSubscription": "name url events ended_because salt old_salt created_by",
    "WebhookDelivery": "problem",
}


def _columns() -> list[tuple[str, str]]:
    return [
        (model.__name__, field.name)
        for model in apps.get_app_config("store").get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, _TEXTS)
    ]


def test_every_column_that_can_hold_a_text_is_judged() -> None:
    judged = {(model, name) for table in (GOES, STAYS) for model, names in table.items() for name in names.split()}
    missing = [f"{model}.{name}" for model, name in _columns() if name not in _WORDS and (model, name) not in judged]
    assert not missing, "say in GOES or STAYS, and on docs/privacy.md, what becomes of these when a person is erased"


def test_nothing_is_judged_that_is_not_there() -> None:
    known = set(_columns())
    for table in (GOES, STAYS):
        for model, names in table.items():
            assert {(model, name) for name in names.split()} <= known, model


@pytest.mark.parametrize("model", sorted(GOES))
def test_what_goes_is_told_in_the_documentation(model: str) -> None:
    table = apps.get_model("store", model)._meta.db_table
    told = (ROOT / "docs/privacy.md").read_text("utf-8")
    assert re.search(rf"`{table}`", told), f"docs/privacy.md says nothing of {table}"
