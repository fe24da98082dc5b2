"""What cleanup does of double opt-in: requests that nobody confirmed go, and proofs some years after their end."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from rebond.store.read.landing import proofs_to_look_at, still_subscribed
from rebond.store.write.landing import date_proofs, forget_proofs, forget_requests, forget_runs

# Fixed: a consent must be provable while it is used and as long as somebody may complain of it.
UNCONFIRMED_KEPT = timedelta(days=30)
PROOF_KEPT = timedelta(days=3 * 365 + 1)
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many requests and proofs were erased."""

    requests: int
    proofs: int


def clean_opt_ins(*, now: datetime) -> Forgotten:
    """Erase what is due, in bounded transactions; safe to run again."""
    requests = proofs = 0
    while some := _requests(now):
        requests += some
    _date(now)
    while some := _proofs(now):
        proofs += some
    forget_runs(now - UNCONFIRMED_KEPT)
    return Forgotten(requests, proofs)


def _requests(now: datetime) -> int:
    with transaction.atomic():
        return forget_requests(now - UNCONFIRMED_KEPT, limit=_BATCH)


def _proofs(now: datetime) -> int:
    with transaction.atomic():
        return forget_proofs(now - PROOF_KEPT, limit=_BATCH)


def _date(now: datetime) -> None:
    """Note which consents are not used any more since when: nobody else writes that down where subscriptions end."""
    last = 0
    while page := proofs_to_look_at(last, limit=_BATCH):
        used = still_subscribed({profile for _, profile, _, _ in page if profile is not None})
        ended, used_again = [], []
        for number, profile, services, ended_at in page:
            in_use = any((profile, service) in used for service in services)
            if in_use and ended_at is not None:
                used_again.append(number)
            elif not in_use and ended_at is None:
                ended.append(number)
        with transaction.atomic():
            date_proofs(ended, now)
            date_proofs(used_again, None)
        last = page[-1][0]
