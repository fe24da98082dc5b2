"""The jobs that raise alerts and tell people of them."""

from dataclasses import asdict
from datetime import timedelta

from rebond.jobs.names import AGGREGATES, CLEANUP, UPDATE
from rebond.jobs.work import Done, Work

# Two runs missed, and some hours for a machine that was off at night.
_STALE = {CLEANUP: timedelta(hours=48), UPDATE: timedelta(hours=48), AGGREGATES: timedelta(hours=2)}


def watch_figures(work: Work) -> Done:
    """Raise alerts for what passes its bound, and end those that are over."""
    from rebond.services.watch import Bounds, watch

    alerts = work.site.config.alerts
    bounds = Bounds(
        failures=alerts.failure_percent / 100,
        complaints=alerts.complaint_percent / 100,
        minimum=alerts.minimum_volume,
        jobs=_STALE,
    )
    return Done(result=asdict(watch(bounds=bounds, now=work.now())))


def tell_people(work: Work) -> Done:
    """Tell the configured places of alerts."""
    from rebond.notices import make_places
    from rebond.secrets_file import load_secrets
    from rebond.services.notify import notify

    site = work.site
    places = make_places(site.config, secrets=load_secrets(site.data), relay=lambda: site.smtp_settings)
    return Done(result=asdict(notify(places, now=work.now())))
