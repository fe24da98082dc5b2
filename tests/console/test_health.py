"""What machines ask: whether it lives, whether it is ready, and its figures; without signing in, by any name."""

from pathlib import Path

import pytest
from django.db import OperationalError
from django.test import Client

from rebond.services.jobs import begin_run, break_off, end_run, show_oneself
from rebond.site import health
from rebond.wiring import Site

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")
TOKEN = "a token for these tests"


@pytest.fixture
def client(site: Site) -> Client:
    return Client(headers={"Host": "10.1.2.3:8700"})


def with_token(data: Path) -> None:
    secrets = data / "secrets.toml"
    secrets.write_text(f'[metrics]\ntoken = "{TOKEN}"\n')
    secrets.chmod(0o600)


def test_it_lives_under_any_name_and_without_signing_in(client: Client) -> None:
    answer = client.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "live"})
    assert client.head("/health/live").status_code == 200
    assert client.post("/health/live").status_code == 405


def test_it_is_ready_when_database_tables_and_rules_are(client: Client) -> None:
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "database": "ok", "migrations": "ok", "rules": "ok"}
    assert answer.headers["Cache-Control"] == "no-store"


def test_it_is_not_ready_while_the_database_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError("connection to server at 10.9.9.9 failed")

    monkeypatch.setattr(health, "answers", away)
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["database"] == "fault"
    assert "10.9.9.9" not in answer.content.decode()


def test_it_is_not_ready_while_its_tables_are_of_another_version(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_seen", health._Seen())
    monkeypatch.setattr(health, "pending_migrations", lambda: 2)
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["migrations"]) == (503, "pending")


def test_figures_are_for_this_machine_only(client: Client) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7").status_code == 401
    # A proxy of this machine asks on behalf of somebody else.
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 401


def test_a_token_opens_the_figures_from_elsewhere(client: Client, site: Site) -> None:
    with_token(site.data)
    right, wrong = ({"Authorization": f"Bearer {token}"} for token in (TOKEN, "guess"))
    assert client.get("/metrics", headers=right, REMOTE_ADDR="192.0.2.7").status_code == 200
    assert client.get("/metrics", headers=wrong, REMOTE_ADDR="192.0.2.7").status_code == 401
    assert client.get("/metrics", headers=wrong).status_code == 401


def test_figures_tell_of_jobs_processes_and_work(client: Client, site: Site) -> None:
    now = site.clock.now()
    end_run(begin_run("cleanup", now=now), result={}, now=now)
    break_off("aggregates", began=now, now=now, problem="the disk was full")
    show_oneself("one", kind="worker", host="here", pid=1, version="0", started_at=now, now=now)
    text = client.get("/metrics").content.decode()
    assert 'rebond_job_problem{job="cleanup"} 0.0' in text
    assert 'rebond_job_problem{job="aggregates"} 1.0' in text
    assert 'rebond_job_stale{job="cleanup"} 0.0' in text
    assert 'rebond_processes{kind="worker"} 1.0' in text
    assert 'rebond_processes{kind="beat"} 0.0' in text
    assert 'rebond_returns{state="stored"} 0.0' in text
    assert "rebond_database_up 1.0" in text


def test_figures_say_that_the_database_is_away(client: Client, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from rebond.site import metrics

    def away(**_: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(metrics, "figures", away)
    answer = client.get("/metrics")
    assert (answer.status_code, "rebond_database_up 0.0" in answer.content.decode()) == (200, True)


def test_a_site_that_is_not_known_by_this_name_is_refused_elsewhere(client: Client) -> None:
    assert client.get("/").status_code == 400


def test_requests_are_measured_by_route_and_never_by_address(client: Client) -> None:
    here = Client()
    here.get("/account/login/")
    here.get("/nowhere/ada@people.example")
    text = here.get("/metrics").content.decode()
    asked = 'method="GET",route="account/login/",status="200"'
    assert f"rebond_http_request_duration_seconds_count{{{asked}}}" in text
    assert f'rebond_http_request_duration_seconds_bucket{{le="0.5",{asked}}}' in text
    assert 'route="other",status="404"' in text
    assert "ada" not in text
