"""Whatever a signed webhook holds, it is settled at the first try; events that cannot be read are told."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rebond.core.read.providers import PROVIDERS
from rebond.core.read.providers.body import SOURCE, pack
from rebond.services.accept import Incoming, accept_many
from rebond.store.models import ReturnedMail
from tests.core.read.test_providers import _JSON, _places
from tests.hooks_written import NOW, SAMPLES, body_of
from tests.public.hooks_fixtures import hook_site, settle

__all__ = ["hook_site"]
pytestmark = [pytest.mark.django_db(transaction=True, databases="__all__"), pytest.mark.usefixtures("hook_site")]
_ADDRESSES = ("\0@reader.example", "\ud800", "a" * 9_000 + "@b.example", "<<>>", "@", "ann@reader.example" * 100)
_TIMES = (-1, 1e308, 2**70, "9999-12-31T23:59:59Z", "0001-01-01")
_ODD = st.sampled_from([*_ADDRESSES, *_TIMES, "550 5.1.1 \0\ud800 no"])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_no_body_keeps_settling_from_its_end(data: st.DataObject) -> None:
    bodies = []
    for _ in range(5):
        provider = data.draw(st.sampled_from(sorted(PROVIDERS)))
        sample = data.draw(st.sampled_from([one for one in SAMPLES if one.provider == provider]))
        payload: Any = {"": json.loads(body_of(provider, _opened(provider, sample.event, data)))}
        places = list(_places(payload))
        for _ in range(data.draw(st.integers(1, 3))):
            holder, key = data.draw(st.sampled_from(places))
            holder[key] = data.draw(_JSON | _ODD)
        bodies.append(Incoming(source=f"{SOURCE}{provider}", raw=pack(provider, json.dumps(payload[""]).encode())))
    accept_many(bodies, now=NOW)
    settle()
    found = list(ReturnedMail.objects.values_list("state", "tries", "problem"))
    assert all(state in ("settled", "unattributed", "dead") and tries <= 1 for state, tries, _ in found), found
    ReturnedMail.objects.all().delete()


def _opened(provider: str, event: Any, data: st.DataObject) -> Any:
    """Change what stands in the text of SNS, too."""
    if provider != "amazon_ses":
        return event
    inner = json.loads(event["Message"])
    holder, key = data.draw(st.sampled_from(list(_places(inner))))
    holder[key] = data.draw(_JSON | _ODD)
    return {**event, "Message": json.dumps(inner)}
