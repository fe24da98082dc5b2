"""Lists of other systems: told apart by their columns, read line by line, done as one operation, undone."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.core.given import at, policy
from tests.services.event_fixtures import ANNA, DAY, KEPT, NOW, cleaned, daily, event, hard, state, took

from rebond.core.words import AddressStatus, Cause, ExclusionCause, Reason
from rebond.services.bulk import carry_on, undo
from rebond.services.bulk_steps import Acting
from rebond.services.errors import InputError
from rebond.services.import_suppressions import ReadingList, import_suppressions
from rebond.services.suppression_formats import find_format, read_date
from rebond.store.models import AddressStateRow, AuditEntry, EvidenceRow, Profile, ProfileAddress
from rebond.store.read.bulk import BulkOperation, BulkStep, list_bulk

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
V, E, Q, D, A = AddressStatus
Make = Callable[..., Path]
ACTING = Acting(policy=policy(), actor="cli:eve", now=lambda: NOW)

# What each system exports, with what it comes to by address.
LISTS: dict[str, tuple[str, dict[str, AddressStatus]]] = {
    "SES": (
        "EmailAddress,Reason,LastUpdateTime\na@x.example,BOUNCE,2026-01-07T08:00:00Z\nb@x.example,COMPLAINT,\n",
        {"a@x.example": Q, "b@x.example": D},
    ),
    "SendGrid bounces": (
        'status,reason,email,created\n5.1.1,"550 5.1.1 gone, for ever",a@x.example,1767600000\n',
        {"a@x.example": Q},
    ),
    "SendGrid spam": ("ip,email,created\n192.0.2.1,a@x.example,1767600000\n", {"a@x.example": D}),
    "SendGrid unsubscribes": ("email,created\na@x.example,1767600000\n", {"a@x.example": D}),
    "Mailgun bounces": (
        'address,code,error,created_at\na@x.example,550,No such user,"Mon, 05 Jan 2026 08:00:00 UTC"\n',
        {"a@x.example": Q},
    ),
    "Mailgun complaints": (
        'address,created_at\na@x.example,"Mon, 05 Jan 2026 08:00:00 UTC"\n',
        {"a@x.example": D},
    ),
    "Mailgun unsubscribes": (
        'address,tags,created_at\na@x.example,*,"Mon, 05 Jan 2026 08:00:00 UTC"\n',
        {"a@x.example": D},
    ),
    "Postmark": (
        (
            "EmailAddress,SuppressionReason,Origin,CreatedAt\na@x.example,HardBounce,Recipient,2026-01-05T08:00:00-05:00\n"
            "b@x.example,SpamComplaint,Recipient,\nc@x.example,ManualSuppression,Customer,\n"
        ),
        {"a@x.example": Q, "b@x.example": D, "c@x.example": D},
    ),
    "SparkPost": (
        (
            "recipient,type,source,description,created\na@x.example,non_transactional,Bounce Rule,550 gone,2026-01-05\n"
            "b@x.example,transactional,Spam Complaint,,\nc@x.example,non_transactional,List Unsubscribe,,\n"
        ),
        {"a@x.example": Q, "b@x.example": D, "c@x.example": D},
    ),
    "Brevo": (
        (
            "Email;Reason;BlockedAt\na@x.example;hardBounce;2026-01-05\nb@x.example;contactFlaggedAsSpam;\n"
            "c@x.example;unsubscribedViaEmail;\n"
        ),
        {"a@x.example": Q, "b@x.example": D, "c@x.example": D},
    ),
    "Mailjet": (
        (
            "Email,IsExcludedFromCampaigns,IsSpamComplaining\na@x.example,true,false\nb@x.example,false,true\n"
            "c@x.example,false,false\n"
        ),
        {"a@x.example": D, "b@x.example": D, "c@x.example": V},
    ),
    "listmonk": (
        (
            'uuid,email,name,attributes,status,created_at,updated_at\n1,a@x.example,A,"{}",blocklisted,2026-01-05,2026-01-05\n'
            '2,b@x.example,B,"{}",enabled,2026-01-05,2026-01-05\n'
        ),
        {"a@x.example": D, "b@x.example": V},
    ),
    "Mautic": ("id,email,doNotEmail\n1,a@x.example,1\n2,b@x.example,0\n", {"a@x.example": D, "b@x.example": V}),
    "addresses": (
        (
            "address,channel,status,reason,date\na@x.example,email,quarantined,user_unknown,2026-01-05\n"
            "+33612345678,sms,denylisted,,\nc@x.example,,allowlisted,,\nd@x.example,,,,\ne@x.example,email,erroneous,,\n"
        ),
        {"a@x.example": Q, "+33612345678": D, "c@x.example": A, "d@x.example": Q, "e@x.example": V},
    ),
}


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def write(text: str, name: str = "list.csv") -> Path:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write


def read(path: Path, **options: Any) -> BulkOperation:
    reading = ReadingList(region="FR")
    return import_suppressions(
        path, because="from the old system", actor="cli:eve", now=lambda: NOW, reading=reading, **options
    )


def taken_in(path: Path, **options: Any) -> BulkOperation:
    return carry_on(read(path, **options).number, acting=ACTING)


@pytest.mark.parametrize("name", LISTS)
def test_each_list_comes_to_what_it_says(make: Make, name: str) -> None:
    text, statuses = LISTS[name]
    operation = taken_in(make(text))
    assert operation.read is not None
    assert (operation.format, operation.read.rejected) == (name.partition(" ")[0], 0)
    kept = [address for address, status in statuses.items() if status is not V]
    assert (operation.step, operation.changed, operation.read.staged) == (BulkStep.DONE, len(kept), len(kept))
    assert operation.read.kept_out_nobody == len(statuses) - len(kept)
    found = {row.address: AddressStatus(row.status) for row in AddressStateRow.objects.all()}
    assert found == {address: statuses[address] for address in kept}


def test_reason_date_and_text_are_those_of_the_list(make: Make) -> None:
    taken_in(make(LISTS["SendGrid bounces"][0]))
    found = state("a@x.example")
    assert (found.reason, found.cause, found.since) == (Reason.USER_UNKNOWN, Cause.NO_SUCH_USER, at())
    assert found.error_text == "550 5.1.1 gone, for ever"
    row = EvidenceRow.objects.get()
    assert (row.actor, row.because, row.rule) == ("cli:eve", "from the old system", "given")
    taken_in(make("email,status,cause\nb@x.example,denylisted,complaint\n"))
    assert state("b@x.example").cause is ExclusionCause.COMPLAINT
    audit = AuditEntry.objects.filter(action="quarantine.import").first()
    assert audit is not None
    assert audit.after is not None
    assert audit.after["file"] == "list.csv"


def test_what_is_so_already_is_left_alone_and_again_changes_nothing(make: Make) -> None:
    took(hard(at(), "a@x.example"), event("complaint", at(), "b@x.example"), *daily(2, address="c@x.example"))
    path = make("email\na@x.example\nb@x.example\nc@x.example\nd@x.example\nD@x.example\n")
    first = taken_in(path)
    assert (first.changed, first.passed) == (2, 2)
    assert first.read is not None
    assert first.read.repeated == 1
    assert (state("b@x.example").status, state("c@x.example").status) == (D, Q)
    again = taken_in(path)
    assert (again.changed, again.passed) == (0, 4)


def test_a_release_later_than_the_list_says_stands(make: Make) -> None:
    took(*daily(3, address=ANNA, start=10), event("delivered", at(days=13), ANNA))
    operation = taken_in(make(f"email,status,date\n{ANNA},quarantined,2026-01-06\n"))
    assert (operation.changed, state(ANNA).status) == (1, Q)


@pytest.mark.parametrize("text", [LISTS["SES"][0], LISTS["addresses"][0]])
def test_an_import_is_undone(make: Make, text: str) -> None:
    took(*daily(2, address="a@x.example", start=3))
    before = state("a@x.example")
    operation = taken_in(make(text))
    undo(operation.number, because="the wrong file", acting=ACTING)
    undone = carry_on(operation.number, acting=ACTING)
    assert undone.put_back == operation.changed
    assert state("a@x.example") == before
    assert list(AddressStateRow.objects.values_list("address", flat=True)) == ["a@x.example"]


def test_an_old_list_is_undone_after_retention_has_summed_it_up(make: Make) -> None:
    operation = taken_in(make(LISTS["SES"][0]))
    cleaned(NOW + 200 * DAY, KEPT)
    assert not EvidenceRow.objects.filter(address="a@x.example").exists()
    undo(operation.number, because="the wrong file", acting=ACTING)
    assert carry_on(operation.number, acting=ACTING).put_back == 2
    assert (state("a@x.example").status, state("b@x.example").status) == (V, V)


def test_bad_rows_are_told_with_their_lines_and_the_others_kept(make: Make) -> None:
    path = make(
        "email,status,date\na@x.example,quarantined,\nno address,quarantined,\nb@x.example,zzz,\n"
        "c@x.example,quarantined,yesterday\n,quarantined,\nd@x.example,quarantined,,,\n"
    )
    operation = taken_in(path)
    assert operation.read is not None
    assert (operation.changed, operation.read.rejected) == (1, 5)
    told = dict(operation.read.errors)
    assert list(told) == [3, 4, 5, 6, 7]
    assert "not a possible email address" in told[3]
    assert "is unknown: write one of" in told[4]
    assert "is no date" in told[5]
    assert "its address is empty" in told[6]


@pytest.mark.parametrize(("kind", "name"), [(hashlib.sha256, "sha256"), (hashlib.md5, "hash"), (hashlib.sha1, "sha1")])
def test_hashes_keep_out_the_addresses_that_are_known(make: Make, kind: Any, name: str) -> None:
    took(*daily(1, address="a@x.example"))
    row = Profile.objects.create(external_id="P1", created_at=at(), updated_at=at())
    ProfileAddress.objects.create(profile=row, channel="email", text="B@x.example", key="b@x.example")
    digests = [kind(one.encode()).hexdigest() for one in ("a@x.example", "b@x.example", "nobody@x.example")]
    operation = taken_in(make(f"{name},status\n" + "".join(f"{one.upper()},denylisted\n" for one in digests)))
    assert operation.read is not None
    assert (operation.changed, operation.read.unmatched) == (2, 1)
    assert (state("a@x.example").status, state("b@x.example").status) == (D, D)


def test_what_an_export_defused_is_read_as_it_was(make: Make) -> None:
    taken_in(make("address,channel,status\n'=a@x.example,email,quarantined\n'b@x.example,email,quarantined\n"))
    assert state("=a@x.example").status is state("'b@x.example").status is Q


def test_json_lines_are_read_too(make: Make) -> None:
    lines = [{"EmailAddress": "a@x.example", "Reason": "BOUNCE"}, {"EmailAddress": "b@x.example"}]
    operation = taken_in(make("\n".join(map(json.dumps, lines)), "list.jsonl"))
    assert operation.read is not None
    assert (operation.format, operation.changed, operation.read.rejected) == ("SES", 1, 1)


def test_a_list_that_is_interrupted_goes_on(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rebond.services.bulk_steps.PAGE", 2)
    begun = read(make("email\n" + "".join(f"a{number}@x.example\n" for number in range(5))))
    assert carry_on(begun.number, acting=ACTING, most=1).changed == 2
    assert carry_on(begun.number, acting=ACTING).changed == 5


@pytest.mark.parametrize("text", ["", "name,first_name\nA,B\n", "\n"])
def test_a_file_of_another_shape_is_refused_and_nothing_written(make: Make, text: str) -> None:
    with pytest.raises(InputError):
        read(make(text))
    assert not list_bulk()


def test_columns_that_no_list_has_are_told() -> None:
    with pytest.raises(InputError, match="the columns name, zip are of no list"):
        find_format(["name", "zip"])


@pytest.mark.parametrize(
    "text", ["99999999999999999999999", "32.01.2026", "Mon, 99 Jan 2026 08:00:00 UTC", "0000-00-00"]
)
def test_what_is_no_date_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="is no date"):
        read_date(text)


@pytest.mark.parametrize("text", ["0001-01-01", "1969-12-31T23:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_a_date_before_there_was_mail_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"lies before 1970|is no date"):
        read_date(text)
