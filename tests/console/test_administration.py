"""Pages of administration: technical jobs, people, the audit trail, settings, transports and intake."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client

from rebond.config import Config
from rebond.config_sections import DatabaseSection, EmailSection, QueueSection
from rebond.core.words import Role
from rebond.jobs.queue import open_queue
from rebond.services.jobs import begin_run, break_off, end_run, hold, show_oneself
from rebond.services.users import create_user, existing_user
from rebond.store.models import TransportPause
from rebond.store.read.audit import AuditFilter, page_of_audit
from rebond.store.read.jobs import holds
from rebond.store.write.audit import add_audit
from rebond.web.current import serve
from rebond.web.settings_shown import settings_shown, without_secrets
from rebond.wiring import Site
from tests.console.conftest import ClientAs, Desk

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


# --- technical jobs


def running(site: Site, *kinds: str) -> None:
    now = site.clock.now()
    for kind in kinds:
        show_oneself(f"{kind}-1", kind=kind, host="here", pid=1, version="0", started_at=now, now=now)


def test_jobs_tell_how_they_stand(site: Site, client_as: ClientAs) -> None:
    now = site.clock.now()
    end_run(begin_run("cleanup", now=now), result={"exits": 3}, now=now)
    break_off("aggregates", began=now, now=now, problem="the <disk> was full")
    hold("watch", worker="worker-1", now=now)
    running(site, "worker", "beat")
    page = client_as(Role.VIEWER).get("/administration/jobs/").content.decode()
    assert "Broke off" in page
    assert "the &lt;disk&gt; was full" in page
    assert "Running" in page
    assert "No worker runs" not in page
    assert "Run now" not in page
    run = client_as(Role.VIEWER).get("/administration/jobs/cleanup/").content.decode()
    assert "exits" in run


def test_a_site_without_workers_says_what_to_do(client_as: ClientAs) -> None:
    page = client_as().get("/administration/jobs/").content.decode()
    assert "No worker runs" in page
    assert "No beat runs" in page
    assert "rebond up" in page


def test_running_a_job_asks_for_it_and_is_audited(site: Site, client_as: ClientAs) -> None:
    client = client_as(Role.DELIVERABILITY)
    answer = client.post("/administration/jobs/cleanup/run/", follow=True)
    assert "cleanup is asked for" in answer.content.decode()
    assert holds(now=site.clock.now())["cleanup"].asked_by == "console:deliverability"
    assert ("cleanup", ()) in open_queue(site).waiting()
    (entry,) = page_of_audit(AuditFilter(action="job.run"), before=None, limit=5)
    assert (entry.subject, entry.actor) == ("job:cleanup", "console:deliverability")


def test_a_running_job_is_not_asked_for_again(site: Site, client_as: ClientAs) -> None:
    hold("cleanup", worker="worker-1", now=site.clock.now())
    answer = client_as().post("/administration/jobs/cleanup/run/")
    assert answer.status_code == 409
    assert "is running, since" in answer.content.decode()


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.VIEWER])
def test_who_may_not_run_jobs_is_refused(client_as: ClientAs, role: Role) -> None:
    assert client_as(role).post("/administration/jobs/cleanup/run/").status_code == 403


def test_an_unknown_job_is_not_found(client_as: ClientAs) -> None:
    assert client_as().get("/administration/jobs/knitting/").status_code == 404
    assert client_as().post("/administration/jobs/knitting/run/").status_code == 404
    assert client_as().get("/administration/jobs/cleanup/run/").status_code == 405


# --- people


def test_a_new_person_is_shown_a_link_once(site: Site, client_as: ClientAs) -> None:
    client = client_as()
    given = {"name": "ada", "email": "ada@shop.example", "role": "operator"}
    page = client.post("/administration/new-person/", given).content.decode()
    (link,) = set(re.findall(r"http://testserver(/account/password/reset/key/[^\"<]+)", page))
    assert existing_user("ada").role is Role.OPERATOR
    assert "password1" in Client().get(link, follow=True).content.decode()
    assert "ada@shop.example" in client.get("/administration/people/").content.decode()
    assert link not in client.get("/administration/people/ada/").content.decode()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": "a b", "role": "viewer"}, "cannot be a name"),
        ({"name": "administrator", "role": "viewer"}, "there is already a person"),
        ({"name": "ada", "role": "king"}, "Select a valid choice"),
        ({"name": "", "role": "viewer"}, "This field is required"),
    ],
)
def test_a_person_that_cannot_be_keeps_what_was_typed(client_as: ClientAs, given: dict[str, str], words: str) -> None:
    answer = client_as().post("/administration/new-person/", {**given, "email": "kept@shop.example"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert "kept@shop.example" in page


def test_a_role_is_given_at_once(site: Site, client_as: ClientAs) -> None:
    create_user("ada", role=Role.VIEWER, now=site.clock.now(), actor="test")
    client = client_as()
    client.post("/administration/people/ada/role/", {"role": "deliverability"})
    assert existing_user("ada").role is Role.DELIVERABILITY
    assert client.post("/administration/people/ada/role/", {"role": "king"}).status_code == 422
    assert client.post("/administration/people/nobody/role/", {"role": "viewer"}).status_code == 404


def test_the_last_administrator_stays_one(client_as: ClientAs) -> None:
    client = client_as()
    assert client.post("/administration/people/administrator/role/", {"role": "viewer"}).status_code == 409
    assert client.post("/administration/people/administrator/access/", {"active": "no"}).status_code == 409


def test_who_is_shut_out_is_out_at_once_and_may_come_back(client_as: ClientAs) -> None:
    viewer, client = client_as(Role.VIEWER), client_as()
    client.post("/administration/people/viewer/access/", {"active": "no"})
    assert viewer.get("/").status_code == 302
    client.post("/administration/people/viewer/access/", {"active": "yes"})
    assert existing_user("viewer").active
    assert client.post("/administration/people/viewer/access/", {"active": "perhaps"}).status_code == 422


def test_a_new_link_ends_the_sessions_of_a_person(client_as: ClientAs) -> None:
    viewer, client = client_as(Role.VIEWER), client_as()
    page = client.post("/administration/people/viewer/link/").content.decode()
    assert "/account/password/reset/key/" in page
    assert viewer.get("/").status_code == 302


# --- the audit trail


def test_the_trail_is_filtered_and_paged(site: Site, client_as: ClientAs) -> None:
    now = site.clock.now()
    for number in range(60):
        add_audit("delivery.pause", subject=f"delivery:{number}", actor="console:ada", now=now)
    add_audit(
        "user.role", subject="user:eve", actor="cli:root", now=now, before={"role": "viewer"}, after={"role": "x"}
    )
    client = client_as(Role.DELIVERABILITY)
    first = client.get("/administration/audit/").content.decode()
    assert "user:eve" in first
    (further,) = re.findall(r'rel="next" href="([^"]+)"', first)
    assert "delivery:0<" in client.get("/administration/audit/" + further).content.decode()
    for query in ("action=user", "action=user.role", "actor=cli:root", "subject=user:eve"):
        found = client.get(f"/administration/audit/?{query}").content.decode()
        assert "user:eve" in found, query
        assert "delivery:59" not in found, query
    assert "Nothing is found" in client.get("/administration/audit/?subject=user:ev").content.decode()


def test_the_trail_is_filtered_by_day_in_the_sites_zone(site: Site, client_as: ClientAs) -> None:
    now = site.clock.now()
    add_audit("user.role", subject="user:eve", actor="cli:root", now=now)
    client, today = client_as(), now.date()
    tomorrow = today + timedelta(days=1)
    assert "user:eve" in client.get(f"/administration/audit/?since={today}&until={today}").content.decode()
    assert "user:eve" not in client.get(f"/administration/audit/?since={tomorrow}").content.decode()
    assert client.get("/administration/audit/?since=yesterday").status_code == 422
    assert client.get("/administration/audit/?before=x&until=9999-12-31").status_code == 200


# --- settings, transports, intake


def test_settings_show_no_secret(site: Site, client_as: ClientAs) -> None:
    config = Config(
        email=EmailSection(
            bounce_domain="bounce.shop.example", smtp_url="smtp://ada:hush1@relay.example:587?tls=starttls"
        ),
        database=DatabaseSection(url="postgresql://ada:hush2@db.example/rebond?password=hush3"),
        queue=QueueSection(url="redis://:hush4@redis.example:6379/0"),
        policy={"full_exit": "10d"},
    )
    serve(replace(site, config=config))
    client = client_as(Role.DELIVERABILITY)
    for address in ("/administration/settings/", "/administration/transports/"):
        page = client.get(address).content.decode()
        assert "hush" not in page
        assert "relay.example:587?tls=starttls" in page
    assert "bounce.shop.example" in page


def test_settings_are_marked_when_they_are_not_the_default(site: Site) -> None:
    config = Config(email=EmailSection(connections=9), policy={"preset": "campaign"})
    shown = {
        f"{name}.{one.key}": one for name, section in settings_shown(config, site.policy).items() for one in section
    }
    assert (shown["email.connections"].value, shown["email.connections"].changed) == ("9", True)
    assert not shown["email.timeout"].changed
    assert shown["policy.validity"].value == "5d"
    assert shown["policy.preset"].changed


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("smtps://u:p@h:465", "smtps://u:••••@h:465"),
        ("https://h/x?token=abc&y=1", "https://h/x?••••&y=1"),
        ("redis://:p@h", "redis://:••••@h"),
        ("http://[h:99999", "••••"),
        ("Europe/Paris", "Europe/Paris"),
    ],
)
def test_secrets_of_addresses_are_left_out(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


def test_a_transport_that_rests_can_be_tried_again(site: Site, client_as: ClientAs) -> None:
    until = site.clock.now() + timedelta(minutes=5)
    TransportPause.objects.create(name="smtp relay.example", until=until, faults=3, problem="connection refused")
    client = client_as()
    page = client.get("/administration/transports/").content.decode()
    assert "connection refused" in page
    assert "3 faults in a row" in page
    client.post("/administration/transports/again/", {"name": "smtp relay.example"})
    assert "connection refused" not in client.get("/administration/transports/").content.decode()
    assert client.post("/administration/transports/again/", {"name": "smtp relay.example"}).status_code == 404
    assert client_as(Role.VIEWER).post("/administration/transports/again/", {"name": "x"}).status_code == 403


def test_intake_tells_whether_somebody_listens(site: Site, client_as: ClientAs) -> None:
    client = client_as()
    assert "Nobody listens" in client.get("/administration/transports/").content.decode()
    running(site, "intake")
    page = client.get("/administration/transports/").content.decode()
    assert "127.0.0.1:2424" in page
    assert "Nobody listens" not in page


@pytest.mark.parametrize(("width", "language"), [(390, "fr"), (1440, "en")])
def test_the_pages_stand_on_a_phone_and_a_wide_screen(
    site: Site, desk: Callable[..., Desk], width: int, language: str
) -> None:
    running(site, "worker", "beat")
    add_audit("user.role", subject="user:eve", actor="cli:root", now=site.clock.now(), after={"role": "viewer"})
    window = desk(Role.ADMINISTRATOR, language=language, width=width)
    addresses = (
        "jobs",
        "jobs/cleanup",
        "people",
        "new-person",
        "people/administrator",
        "audit",
        "settings",
        "transports",
    )
    for address in addresses:
        page = window.open(f"/administration/{address}/")
        assert page.inner_text("h1")
        assert window.fits(), address
