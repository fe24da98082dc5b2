"""Genuine and forged returns in any mix and order: the addresses come out as by the genuine ones alone."""

from collections.abc import Callable, Sequence
from datetime import datetime
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.core.given import at
from tests.services.forgery_mails import Mail, feedback, group, qmail, report, words
from tests.services.mail_fixtures import OVER_QUOTA, accept, sent, settle, token_of, verp
from tests.services.sending_fixtures import KEYRING

from rebond.core.tokens import Keyring, sign, sign_unsubscribe
from rebond.store.models import (
    AddressStateRow,
    Delivery,
    DeliveryCounts,
    EvidenceRow,
    Message,
    Profile,
    ProfileAddress,
    ProfileDenial,
    Qualification,
    RawMail,
    ReturnedMail,
    Unattributed,
)

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")

VICTIMS = 3
LAST = at(days=12)
ELSEWHERE = Keyring({0: b"another site's k"}, 0)
STRANGE = "550 Zorglub says the moon is wrong today"
Make = Callable[[Message, Message, datetime], Mail]


def _forged_path(row: Message) -> str:
    return f"b+{sign(row.pk, keyring=ELSEWHERE, issued=at().date())}@bounce.example"


def _soft(row: Message, when: datetime) -> bytes:
    return report(group(row.address, status="5.2.2", text=OVER_QUOTA), date=when)


def _wish(row: Message, keyring: Keyring) -> Mail:
    token = sign_unsubscribe(row.profile, delivery=row.delivery_id, keyring=keyring)
    return Mail(raw=words("", subject="unsubscribe"), to=f"unsubscribe+{token}@bounce.example", sender=row.address)


GENUINE: dict[str, Make] = {
    "hard": lambda row, _, when: Mail(raw=report(group(row.address), date=when), to=verp(row)),
    "soft": lambda row, _, when: Mail(raw=_soft(row, when), to=verp(row)),
    "soft, by the returned headers": lambda row, _, when: Mail(
        raw=report(
            group(row.address, status="5.2.2", text=OVER_QUOTA),
            returned=[f"X-Rebond-Token: {token_of(row.pk)}"],
            date=when,
        )
    ),
    "complaint": lambda row, _, when: Mail(raw=feedback(f"Arrival-Date: {when}"), to=verp(row), sender="fbl@x.example"),
    "unsubscribe": lambda row, _, when: _wish(row, KEYRING),
    "away": lambda row, _, when: Mail(
        raw=words("away", subject="Out of office", headers=["Auto-Submitted: auto-replied"], date=when), to=verp(row)
    ),
}
# The second message is the forger's own: their token is valid.
FORGED: dict[str, Make] = {
    "no token": lambda row, _, when: Mail(raw=report(group(row.address), date=when)),
    "in words": lambda row, _, when: Mail(raw=qmail(row.address)),
    "forged token": lambda row, _, when: Mail(raw=report(group(row.address), date=when), to=_forged_path(row)),
    "own token": lambda row, own, when: Mail(raw=report(group(row.address), date=when), to=verp(own)),
    "own token, soft": lambda row, own, when: Mail(raw=_soft(row, when), to=verp(own)),
    "own token, both named": lambda row, own, when: Mail(
        raw=report(group(own.address), group(row.address), date=when), to=verp(own)
    ),
    "complaint": lambda row, _, when: Mail(raw=feedback(f"Original-Rcpt-To: {row.address}", f"Arrival-Date: {when}")),
    "complaint, own token": lambda row, own, when: Mail(
        raw=feedback(f"Original-Rcpt-To: {row.address}", f"Arrival-Date: {when}"), to=verp(own)
    ),
    "not spam": lambda row, _, when: Mail(raw=feedback(f"Arrival-Date: {when}", kind="not-spam"), to=verp(row)),
    "unsubscribe": lambda row, _, when: _wish(row, ELSEWHERE),
    "success": lambda row, _, when: Mail(
        raw=report(group(row.address, action="delivered", status="2.0.0", text="250 taken"), date=when)
    ),
    "a text never seen": lambda row, _, when: Mail(
        raw=report(group(row.address, status="5.0.0", text=STRANGE), date=when)
    ),
    "a text never seen, forged token": lambda row, _, when: Mail(
        raw=report(group(row.address, status="5.0.0", text=STRANGE), date=when), to=_forged_path(row)
    ),
    "never sent": lambda row, _, when: Mail(
        raw=report(group(row.address), date=when), to=f"b+{token_of(10**9)}@bounce.example"
    ),
}

_HOURS = st.integers(1, 11 * 24)
_SOME_GENUINE = st.lists(st.tuples(st.sampled_from(sorted(GENUINE)), st.integers(1, VICTIMS), _HOURS), max_size=10)
_SOME_FORGED = st.lists(st.tuples(st.sampled_from(sorted(FORGED)), st.integers(1, VICTIMS), _HOURS), max_size=12)


def _empty() -> None:
    tables: Sequence[Any] = (
        EvidenceRow, AddressStateRow, Qualification, Unattributed, ReturnedMail, RawMail, ProfileDenial, Message,
        DeliveryCounts, Delivery, ProfileAddress, Profile,
    )  # fmt: skip
    for table in tables:
        table.objects.all().delete()


def _forget(rows: Sequence[Message]) -> None:
    """Undo what returns have done, so that the same messages can meet others."""
    for table in (EvidenceRow, AddressStateRow, Qualification, Unattributed, ReturnedMail, RawMail, ProfileDenial):
        table.objects.all().delete()  # type: ignore[attr-defined]
    Message.objects.update(returned_at=None, complained_at=None, return_type="", return_text="")
    DeliveryCounts.objects.update(returned=0)


def _come(mails: Sequence[Mail], *, pause: int) -> None:
    for number, mail in enumerate(mails):
        accept(mail.raw, to=mail.to, sender=mail.sender, now=LAST)
        if number % pause == 0:
            settle(LAST)
    settle(LAST)


def _outcome(rows: Sequence[Message]) -> dict[str, Any]:
    keys = [row.address_key for row in rows]
    states = AddressStateRow.objects.filter(address_key__in=keys).order_by("address_key").values()
    marks = Message.objects.filter(id__in=[row.pk for row in rows]).order_by("id")
    return {
        "states": [{name: value for name, value in row.items() if name != "id"} for row in states],
        "returned": [row.returned_at is not None for row in marks],
        "complained": [row.complained_at is not None for row in marks],
        "opted out": sorted(
            ProfileDenial.objects.filter(profile__in=[row.profile for row in rows]).values_list("profile")
        ),
    }


def _mixed(
    genuine: Sequence[tuple[str, int, int]], forged: Sequence[tuple[str, int, int]], order: Any, pause: int
) -> None:
    _empty()
    rows = sent(VICTIMS + 1)
    own, victims = rows[0], rows[1:]
    true = [GENUINE[name](rows[who], own, at(hours=hour)) for name, who, hour in genuine]
    false = [FORGED[name](rows[who], own, at(hours=hour)) for name, who, hour in forged]
    _come(true, pause=1000)
    alone = _outcome(victims)
    _forget(rows)
    mixed = [*true, *false]
    order.shuffle(mixed)
    _come(mixed, pause=pause)
    assert _outcome(victims) == alone
    # Each forged mail is listed, once; some are equal byte for byte.
    listed = {
        mail.raw + mail.to.encode()
        for name, mail in zip((f[0] for f in forged), false, strict=True)
        if name != "success"
    }
    assert Unattributed.objects.count() == len(listed)


FIVE = [("soft", 1, 24 * day + 1) for day in range(5)]


@given(_SOME_GENUINE, _SOME_FORGED, st.randoms(use_true_random=False), st.integers(1, 6))
@example(FIVE, [("own token, soft", 1, 24 * day + 13) for day in range(5)], Random(1), 2)
@settings(max_examples=12)
def test_forged_returns_make_no_difference(genuine: Any, forged: Any, order: Any, pause: int) -> None:
    _mixed(genuine, forged, order, pause)


@pytest.mark.slow
@given(_SOME_GENUINE, _SOME_FORGED, st.randoms(use_true_random=False), st.integers(1, 6))
@settings(max_examples=300)
def test_forged_returns_make_no_difference_in_many_mixes(genuine: Any, forged: Any, order: Any, pause: int) -> None:
    _mixed(genuine, forged, order, pause)


def test_the_genuine_ones_do_make_a_difference() -> None:
    rows = sent(VICTIMS + 1)
    _come([GENUINE["soft"](rows[1], rows[0], at(hours=24 * day + 1)) for day in range(5)], pause=2)
    _come(
        [GENUINE["complaint"](rows[2], rows[0], at(hours=1)), GENUINE["unsubscribe"](rows[3], rows[0], at())], pause=2
    )
    assert [row["status"] for row in _outcome(rows)["states"]] == ["quarantined", "denylisted"]
    assert ProfileDenial.objects.get().profile_id == rows[3].profile
