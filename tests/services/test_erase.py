"""Erasing a person: nothing tells of them any more, what was counted stays, and what was blocked stays blocked."""

import hmac
import json
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, connections
from killing import KilledError, killed_before
from mail_fixtures import CAME, dsn, verp
from opt_in_fixtures import ANN, asks, confirms, mails, page, token_in
from people_fixtures import Person, add_people, draft, run, set_state
from sending_fixtures import (
    START,
    JumpingClock,
    MemorySender,
    accept,
    assert_reconciled,
    delivery,
    meanwhile,
    run_send,
    statuses,
)
from test_settle import came, sent, state
from tests.core.given import policy

from rebond.core.address import parse_address
from rebond.core.failure import Origin
from rebond.core.words import AddressStatus, Channel, Reason, WayOut
from rebond.services import audiences, erase
from rebond.services import denylist_profile as denylisting
from rebond.services.check import Checker, check_batch
from rebond.services.denylist_profile import denylist_profile
from rebond.services.erase import clean_erased
from rebond.services.errors import InputError, NotFoundError, RefusedError
from rebond.services.import_people import import_people
from rebond.services.people import release
from rebond.services.people_file import FileOptions
from rebond.services.subject_export import subject_export
from rebond.services.unsubscribe import Wish, unsubscribe
from rebond.services.why import why
from rebond.store.erasure_keys import hash_address, hashes_of
from rebond.store.models import (
    AddressStateRow,
    AuditEntry,
    DeliveryCounts,
    ErasedAddress,
    Erasure,
    EvidenceRow,
    Message,
    PeopleList,
    Profile,
    ProfileAddress,
    ProfileDenial,
    RawMail,
    ReturnedMail,
    Service,
    Unsubscription,
)
from rebond.store.write.audit import add_audit

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
WHO: dict[str, Any] = {"actor": "test", "now": START}
BECAUSE = "asked for it"


def erased(who: str = "p0") -> erase.Erased:
    return erase.erase_profile(who, because=BECAUSE, **WHO)


def tells_of(*names: str) -> list[str]:
    """Find these names in any column of any table, compressed mails included."""
    found = []
    for model in apps.get_app_config("store").get_models():
        for row in model._default_manager.values():
            for column, value in row.items():
                packed = bytes(value) if isinstance(value, bytes | memoryview) else b""
                text = json.dumps(zlib.decompress(packed) if packed else value, default=str).lower()
                found += [f"{model.__name__}.{column}: {value!r:.100}" for name in names if name.lower() in text]
    return found


def bring_in(tmp_path: Any, *lines: str) -> None:
    path = tmp_path / "people.csv"
    path.write_text("\n".join(("id,email", *lines)))
    import_people(path, options=FileOptions(mapping={}), now=START, actor="test")


def bounced() -> Message:
    """A person who was written to and came back: attributes, evidence, a raw mail, memberships, an audit entry."""
    (row,) = sent()
    came(dsn(row.address), to=verp(row))
    Profile.objects.update(fields={"first_name": "Wilhelmine"})
    audiences.subscribe(audiences.create_service("News", **WHO), "p0", **WHO)
    audiences.change_list(audiences.create_list("All", **WHO), "p0", on=True, **WHO)
    assert state(row.address).status is AddressStatus.QUARANTINED
    return Message.objects.get(id=row.pk)


def test_nothing_tells_of_an_erased_person_and_what_was_counted_stays() -> None:
    row = bounced()
    before = DeliveryCounts.objects.values().get()
    effect = erased()
    assert (effect.profile, effect.messages, effect.evidence, effect.raw_returns) == ("p0", 1, 1, 1)
    assert (effect.addresses, effect.addresses_kept, effect.done) == (1, 1, True)
    assert tells_of(row.address, "Wilhelmine") == []
    assert DeliveryCounts.objects.values().get() == before
    assert_reconciled(row.delivery_id)
    after = Message.objects.get()
    assert (after.status, after.returned_at, after.return_reason) == (row.status, row.returned_at, row.return_reason)
    assert Profile.objects.get().erased_at == START
    assert (PeopleList.objects.get().members, Service.objects.get().subscribers) == (0, 0)
    assert not RawMail.objects.exists()
    entry = AuditEntry.objects.get(action="profile.erase")
    assert (entry.object, entry.because, entry.after["messages"]) == (f"profile:{row.profile}", BECAUSE, 1)
    assert Erasure.objects.get().finished_at == START
    with pytest.raises(NotFoundError):
        erased()


def test_a_proof_made_of_an_erased_person_does_not_name_them() -> None:
    add_people([Person(address="ann@example.org"), Person(address="ben@example.org")])
    for who in ("p0", "p1"):
        told = {"to": ["me@example.org"], "profile": who}
        add_audit("delivery.proof", subject="delivery:1", after=told, **WHO)
    erased()
    kept = AuditEntry.objects.filter(action="delivery.proof").order_by("id").values_list("after", flat=True)
    assert list(kept) == [None, {"to": ["me@example.org"], "profile": "p1"}]


def test_looking_changes_nothing() -> None:
    row = bounced()
    before = tells_of(row.address)
    effect = erase.look_at_erasure("p0", now=START)
    assert (effect.messages, effect.evidence, effect.addresses_kept, effect.done) == (1, 1, 1, False)
    assert tells_of(row.address) == before
    assert not ErasedAddress.objects.exists()
    assert {**effect.numbers()} == erased().numbers()


@pytest.mark.parametrize(("because", "who", "problem"), [
    (" ", "p0", InputError),
    ("x", "nobody", NotFoundError),
])  # fmt: skip
def test_who_and_why_must_be_said(because: str, who: str, problem: type[Exception]) -> None:
    sent()
    with pytest.raises(problem):
        erase.erase_profile(who, because=because, **WHO)
    assert Profile.objects.get().erased_at is None


def test_a_message_with_the_transport_is_waited_for() -> None:
    (row,) = sent(status="sending")
    Message.objects.update(lease_until=START + timedelta(minutes=1))
    with pytest.raises(RefusedError, match="with the transport"):
        erased()
    Message.objects.update(lease_until=START - timedelta(minutes=1))
    erased()
    assert tells_of(row.address) == []


def test_what_a_sender_has_claimed_already_does_not_go() -> None:
    number = delivery(60)
    sender = MemorySender(JumpingClock(), accept)
    done: list[erase.Erased] = []

    def first(_: object) -> None:
        if not done:
            meanwhile(lambda: done.append(erased("p59")))

    sender.before = first
    run_send(number, sender=sender)
    assert done
    assert "p59@example.org" not in sender.times
    assert statuses(number) == {"delivered": 59, "excluded_late": 1}
    assert_reconciled(number)
    assert tells_of("p59@example.org") == []


def test_late_returns_count_for_the_delivery_and_leave_nothing_behind() -> None:
    (row,) = sent()
    address = row.address
    erased()
    came(dsn(address, date=CAME), to=verp(row))
    assert Message.objects.get().return_reason == Reason.USER_UNKNOWN
    assert DeliveryCounts.objects.get().returned == 1
    assert tells_of(address) == []
    assert not EvidenceRow.objects.exists()
    assert ReturnedMail.objects.get().state == "settled"


def test_a_late_return_by_message_id_alone_is_not_listed() -> None:
    (row,) = sent()
    Message.objects.update(message_id="plain@shop.example")
    erased()
    came(dsn(row.address, message_id="plain@shop.example"))
    assert tells_of(row.address) == []


# --- what stays blocked ---------------------------------------------------------------------------------------------


def _stand(case: str) -> None:
    if case == "opted out":
        denylist_profile("p0", channel="email", because="asked", **WHO)
    elif case == "opted out of all":
        denylist_profile("p0", channel="all", because="asked", **WHO)
    else:
        origin = Origin.COMPLAINT if case == "complained" else Origin.NONE
        status = AddressStatus.QUARANTINED if case == "quarantined" else AddressStatus.DENYLISTED
        set_state("ann@shop.example", status, origin=origin)


STANDS = {
    "quarantined": Reason.QUARANTINED,
    "complained": Reason.DENYLISTED,
    "denylisted": Reason.DENYLISTED,
    "opted out": Reason.DENYLISTED,
    "opted out of all": Reason.DENYLISTED,
}


@pytest.mark.parametrize("case", STANDS)
def test_what_stood_against_an_address_stands_against_it_when_it_comes_back(tmp_path: Any, case: str) -> None:
    add_people([Person("ann@shop.example"), Person("bob@shop.example")])
    _stand(case)
    erased()
    assert tells_of("ann@shop.example") == []
    asked = ["Ann@Shop.example", "bob@shop.example"]
    assert check_batch(asked) == [STANDS[case], None]
    assert list(Checker(expected=10**6).answer([asked])) == [(asked, [STANDS[case], None])]
    bring_in(tmp_path, "again,ann@shop.example")
    assert check_batch(asked) == [STANDS[case], None]
    assert not ErasedAddress.objects.exists()
    number = draft()
    run(number)
    assert Message.objects.get().address == "bob@shop.example"


@pytest.mark.parametrize("secret", [b"short", b"x" * 64, b"longer than a block" * 9])
def test_addresses_are_hashed_by_hmac(settings: Any, secret: bytes) -> None:
    settings.ERASURE_KEYS = (secret, b"an older one")
    expected = [hmac.digest(key, "email\0é@x.example".encode(), "sha256").hex() for key in settings.ERASURE_KEYS]
    assert hash_address(Channel.EMAIL, "é@x.example") == expected[0]
    assert hashes_of(Channel.EMAIL, ["é@x.example"]) == dict.fromkeys(expected, "é@x.example")


def test_a_changed_key_still_knows_what_the_old_one_hashed(settings: Any) -> None:
    add_people([Person("ann@shop.example")])
    set_state("ann@shop.example", AddressStatus.QUARANTINED)
    erased()
    settings.ERASURE_KEYS = (b"a new key", *settings.ERASURE_KEYS)
    assert check_batch(["ann@shop.example"]) == [Reason.QUARANTINED]


def test_who_is_erased_at_this_very_moment_is_changed_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    add_people([Person("ann@shop.example")])
    service, people_list = audiences.create_service("News", **WHO), audiences.create_list("All", **WHO)
    number = Profile.objects.get().pk
    erased()
    # As somebody found them a moment before.
    for module in (audiences, denylisting):
        monkeypatch.setattr(module, "find_profile", lambda external_id: number)
    before = AuditEntry.objects.count()
    for change in (
        lambda: denylist_profile("p0", channel="email", **WHO),
        lambda: denylisting.allow_profile("p0", channel="email", because="x", **WHO),
        lambda: audiences.subscribe(service, "p0", **WHO),
        lambda: audiences.unsubscribe(service, "p0", **WHO),
        lambda: audiences.change_list(people_list, "p0", on=True, **WHO),
    ):
        with pytest.raises(NotFoundError):
            change()
    assert AuditEntry.objects.count() == before
    assert not ProfileDenial.objects.exists()
    assert (Service.objects.get().subscribers, PeopleList.objects.get().members) == (0, 0)


def test_without_a_key_nobody_is_erased(settings: Any) -> None:
    add_people([Person("ann@shop.example")])
    set_state("ann@shop.example", AddressStatus.QUARANTINED)
    settings.ERASURE_KEYS = ()
    with pytest.raises(RefusedError, match="key is missing"):
        erased()
    assert Profile.objects.get().erased_at is None


def test_why_tells_what_stands_against_an_erased_address() -> None:
    row = bounced()
    before = state(row.address)
    denylist_profile("p0", channel="all", **WHO)
    erased()
    found = why(parse_address(row.address, channel=Channel.EMAIL), policy=policy())
    assert (found.state.status, found.state.reason) == (AddressStatus.QUARANTINED, before.reason)
    assert found.snapshot is not None
    assert found.snapshot.horizon == START
    assert [(one.profile, one.channel) for one in found.denials] == [("(erased)", "all")]
    other = why(parse_address("bob@shop.example", channel=Channel.EMAIL), policy=policy())
    assert (other.state.plain, other.snapshot, other.denials) == (True, None, ())


def test_a_state_comes_back_as_it_was_and_can_be_released(tmp_path: Any) -> None:
    row = bounced()
    before = state(row.address)
    erased()
    bring_in(tmp_path, f"again,{row.address}")
    after = state(row.address)
    assert (after.status, after.reason, after.cause, after.since, after.error_count) == (
        before.status, before.reason, before.cause, before.since, before.error_count,
    )  # fmt: skip

    release(parse_address(row.address, channel=Channel.EMAIL), because="is well again", policy=policy(), **WHO)
    assert state(row.address).status is AddressStatus.VALID
    erased("again")
    bring_in(tmp_path, f"third,{row.address}")
    assert check_batch([row.address]) == [None]


def test_what_somebody_else_has_as_well_stays(tmp_path: Any) -> None:
    row = bounced()
    twin = Profile.objects.create(external_id="twin", created_at=START, updated_at=START)
    ProfileAddress.objects.create(profile=twin, channel="email", text=row.address, key=row.address_key)
    erased()
    assert state(row.address).status is AddressStatus.QUARANTINED
    assert EvidenceRow.objects.count() == 1
    assert not ErasedAddress.objects.exists()
    assert Message.objects.get().address == ""


def test_an_erasure_that_was_cut_short_is_finished_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    row = bounced()

    def killed(identities: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erase.write, "empty_returns", killed)
        with pytest.raises(KeyboardInterrupt):
            erased()
    assert RawMail.objects.count() == 1
    assert Erasure.objects.get().finished_at is None
    assert erase.finish_erasures(now=START) == 1
    assert tells_of(row.address) == []
    assert erase.finish_erasures(now=START) == 0


def test_killed_before_any_write_it_is_undone_or_is_finished_later() -> None:
    row = bounced()
    denylist_profile("p0", channel="all", **WHO)
    before = sorted(tells_of(row.address))
    undone = resumed = 0
    for write in range(1, 200):
        try:
            with killed_before(write):
                erased()
        except KilledError:
            pass
        else:
            break
        if Erasure.objects.exists():
            resumed += 1
            assert erase.finish_erasures(now=START) in (0, 1)
            assert tells_of(row.address) == []
            break
        undone += 1
        assert sorted(tells_of(row.address)) == before
        assert not ErasedAddress.objects.exists()
    assert undone > 10
    assert resumed == 1
    assert_reconciled(row.delivery_id)


def test_an_erasure_that_fails_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    row = bounced()
    before = tells_of(row.address)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(erase.write, "note_erasure", broken)
    with pytest.raises(RuntimeError):
        erased()
    assert tells_of(row.address) == before


# --- what is held ---------------------------------------------------------------------------------------------------


def test_a_person_is_told_all_that_is_held_about_them_and_afterwards_there_is_nobody() -> None:
    row = bounced()
    told = json.loads(subject_export("p0", **WHO))
    assert told["profile"]["fields"] == {"first_name": "Wilhelmine"}
    assert [one["text"] for one in told["addresses"]] == [row.address]
    assert [one["delivery_name"] for one in told["messages"]] == ["Spring"]
    assert [one["service__name"] for one in told["subscriptions"]] == ["News"]
    assert [one["people_list__name"] for one in told["lists"]] == ["All"]
    assert (told["statuses"][0]["status"], told["evidence"][0]["event"]) == ("quarantined", "failure")
    assert row.address in told["returned_mails"][0]["mail"]
    assert AuditEntry.objects.get(action="profile.export").object == f"profile:{row.profile}"
    erased()
    with pytest.raises(NotFoundError):
        subject_export("p0", **WHO)


# --- somebody who asked to subscribe --------------------------------------------------------------------------------


def test_a_confirmed_request_is_erased_with_its_person_who_can_come_back() -> None:
    page()
    asks()
    assert confirms(token_in(mails().taken[0].content)).now
    who = Profile.objects.get().external_id
    set_state(ANN, AddressStatus.QUARANTINED)
    erased(who)
    assert tells_of(ANN, "192.0.2.7", "198.51.100.4") == []
    assert check_batch([ANN]) == [Reason.QUARANTINED]
    later = START + timedelta(days=3)
    asks(at=later)
    assert confirms(token_in(mails(later).taken[0].content), at=later + timedelta(hours=1)).now
    assert state(ANN).status is AddressStatus.VALID
    assert check_batch([ANN]) == [None]


def test_an_erased_person_who_complained_gets_no_confirmation() -> None:
    page()
    add_people([Person(ANN)])
    set_state(ANN, AddressStatus.DENYLISTED, origin=Origin.COMPLAINT)
    erased()
    asks()
    assert mails().taken == []


# --- as time goes by ------------------------------------------------------------------------------------------------


def test_what_was_to_end_by_itself_ends_for_the_erased_too() -> None:
    add_people([Person("ann@shop.example")])
    set_state("ann@shop.example", AddressStatus.QUARANTINED)
    AddressStateRow.objects.update(until=START + timedelta(days=3))
    erased()
    clean_erased(now=START + timedelta(days=2))
    assert check_batch(["ann@shop.example"]) == [Reason.QUARANTINED]
    clean_erased(now=START + timedelta(days=3))
    assert check_batch(["ann@shop.example"]) == [None]


def test_the_proof_that_somebody_left_is_kept_for_three_years() -> None:
    (row,) = sent()
    unsubscribe(Wish(row.profile, row.delivery_id), at=START, way=WayOut.PAGE)
    clean_erased(now=START + timedelta(days=3 * 365))
    assert Unsubscription.objects.exists()
    clean_erased(now=START + timedelta(days=3 * 365 + 2))
    assert not Unsubscription.objects.exists()


@pytest.fixture
def files() -> Iterator[list[Path]]:
    """SQLite's files and logs; nothing there is overwritten unless it is asked for, whatever SQLite was built for."""
    before = []
    for alias in connections:
        with connections[alias].cursor() as cursor:
            before += cursor.execute("PRAGMA secure_delete").fetchall()
            cursor.execute("VACUUM")  # the other tests have left some
            cursor.execute("PRAGMA secure_delete = OFF")
    yield [Path(f"{connections[alias].settings_dict['NAME']}{end}") for alias in connections for end in ("", "-wal")]
    for alias, (value,) in zip(connections, before, strict=True):
        with connections[alias].cursor() as cursor:
            cursor.execute("PRAGMA secure_delete")
            assert cursor.fetchone() == (0,), "all that is deleted would take longer"
            cursor.execute(f"PRAGMA secure_delete = {value}")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's files; PostgreSQL has its vacuum")
def test_no_bytes_of_an_erased_person_are_left_in_the_files(files: list[Path]) -> None:
    row = bounced()
    raw = bytes(RawMail.objects.get().body)[:100]

    def held() -> bytes:
        return b"".join(file.read_bytes() for file in files if file.exists())

    for text in (row.address.encode(), b"Wilhelmine", raw):
        assert text in held()
    erased()
    for text in (row.address.encode(), b"Wilhelmine", raw):
        assert text not in held()
