"""The confirmation mails: each request gets one message in the sending log, of the class `confirmation`.

From there it is sent, tried again and bounces as any other. A request and its message are written in one transaction,
so that whoever is killed leaves the request waiting or its mail made, and never both undone and done.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from rebond.core.exclusion import CONFIRMATION_GAP, first_exclusion
from rebond.core.landing import PageText
from rebond.core.tokens import Keyring
from rebond.core.words import DeliveryStatus, MessageClass, OptInStatus
from rebond.services.deliveries import NewDelivery, tell_of
from rebond.services.opt_in_pages import GATHERED, confirmation_mail
from rebond.store.read import landing as read
from rebond.store.read.deliveries import Aim, Target
from rebond.store.read.landing import VALID_FOR, Mailed, RequestRow
from rebond.store.write import landing as write
from rebond.store.write.audit import add_audit
from rebond.store.write.deliveries import add_delivery
from rebond.store.write.landing import Letter

ACTOR = "opt-in"
_BATCH = 200
_OTHER = "other"


def make_mails(*, providers: Mapping[str, str], keyring: Keyring, now: datetime) -> int:
    """Make the mails of some requests that wait; returns how many requests it looked at, 0 when none is due."""
    with transaction.atomic():
        due = read.due_requests(now, limit=_BATCH)
        if not due:
            return 0
        write.agree_on_addresses([one.key for one in due])
        going = _going(due, now=now)
        grounds = read.grounds_against([one.key for one in going])
        by_text: dict[int, list[Letter]] = defaultdict(list)
        for one in going:
            stopped = first_exclusion(
                grounds.get(one.key, frozenset()), message_class=MessageClass.CONFIRMATION, late=True
            )
            provider = providers.get(one.key.partition("@")[2], _OTHER)
            letter = Letter(request=one.id, address=one.address, key=one.key, provider=provider, stopped=stopped)
            by_text[one.text].append(letter)
            if stopped:
                write.count_request(one.page, asked_at=one.asked_at, refused=1)
        pages = {one.text: one for one in going}
        for text, letters in sorted(by_text.items()):
            delivery = _delivery(pages[text], now=now)
            write.add_letters(delivery, letters, now=now, valid=VALID_FOR, signing=keyring.current)
    return len(due)


def _going(due: Sequence[RequestRow], *, now: datetime) -> list[RequestRow]:
    """Choose those that get a mail now: one an address in a day, and one a page while its link holds."""
    mailed = read.mailed_to([one.key for one in due], now=now)
    removed: dict[int, bool] = {}
    going = []
    for one in due:
        if one.page not in removed:
            page = read.page_numbered(one.page)
            removed[one.page] = page is None or page.removed
        known = mailed.setdefault(one.key, [])
        lately = max((mail.at for mail in known), default=None)
        if removed[one.page]:
            write.close_request(one.id, OptInStatus.REFUSED)
            write.count_request(one.page, asked_at=one.asked_at, refused=1)
        elif any(mail.page == one.page and mail.holds for mail in known):
            write.close_request(one.id, OptInStatus.REPEATED)
            write.count_request(one.page, asked_at=one.asked_at, repeated=1)
        elif lately is not None and now < lately + CONFIRMATION_GAP:
            write.put_off(one.id, until=lately + CONFIRMATION_GAP)
        else:
            going.append(one)
            known.append(Mailed(one.page, now, holds=True))
    return going


def _delivery(request: RequestRow, *, now: datetime) -> int:
    """Return the delivery that takes the mails of a text now, held until the transaction ends; make one if needed."""
    running = read.open_run(request.text, now)
    if running is not None and write.lock_delivery(running):
        return running
    content = read.text_content(request.text)
    name = f"{read.page_names([request.page])[request.page]} ({request.language}), {now:%Y-%m-%d}"
    text = PageText(**{part: content[part] for part in PageText.__slots__})
    mail = confirmation_mail(name[:255], sender=content["sender"], text=text)
    delivery = add_delivery(mail, aim=Aim(Target.MEMBERS), now=now)
    write.open_run(delivery, text=request.text, open_until=now + GATHERED, ends_at=now + mail.validity, now=now)
    _audit(delivery, mail, now=now)
    tell_of(delivery, mail.name, DeliveryStatus.SENDING, now=now)
    return delivery


def _audit(delivery: int, mail: NewDelivery, *, now: datetime) -> None:
    after = {"name": mail.name, "class": mail.message_class.value, "sender": mail.sender, "subject": mail.subject}
    add_audit("delivery.create", subject=f"delivery:{delivery}", actor=ACTOR, now=now, after=after)
