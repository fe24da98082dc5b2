"""Visitors of a landing page: all get their mail before the demonstration begins, and those who follow it subscribe."""

from pathlib import Path

import pytest

from rebond.config import Config
from rebond.config_sections import EmailSection, SiteSection
from rebond.core.words import DeliveryStatus, OptInStatus
from rebond.services.audiences import list_services
from rebond.services.opt_in_pages import find_page, requests_of
from rebond.simulate.sample_people import visitors
from rebond.simulate.visitors import SLUG, bring_visitors
from rebond.store.models import Delivery
from tests.jobs.job_fixtures import make_desk

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def test_visitors_ask_get_their_mail_and_most_confirm(tmp_path: Path) -> None:
    config = Config(
        email=EmailSection(bounce_domain="bounce.sim.example"), site=SiteSection(public_url="http://127.0.0.1:8700")
    )
    desk = make_desk(tmp_path, config=config)
    now = desk.clock.now()
    asked = visitors(42, seed=1)
    confirmed = bring_visitors(desk.site, asked, seed=1, now=now)
    requests = requests_of(find_page(SLUG).id)
    assert {one.address for one in requests} == {one.address for one in asked}
    assert sum(one.status is OptInStatus.CONFIRMED for one in requests) == confirmed
    assert len(asked) / 2 < confirmed < len(asked)
    assert [one.number for one in list_services()] == [confirmed]
    assert {one.status for one in Delivery.objects.all()} == {DeliveryStatus.FINISHED.value}
    assert all(one.asked_at < now for one in requests)
