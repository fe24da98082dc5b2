"""Which database holds what, also for what is no model of ours."""

import pytest
from django.core.cache.backends.db import DatabaseCache

from rebond.store.models import Delivery, ReturnedMail
from rebond.store.router import ReturnsRouter, returns_database
from rebond.web_settings import CACHE_TABLE

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


def test_returns_have_a_database_of_their_own() -> None:
    router = ReturnsRouter()
    assert router.db_for_read(ReturnedMail) == returns_database()
    assert router.db_for_write(Delivery) is None


def test_what_limits_sign_ins_can_be_kept_in_the_database() -> None:
    from django.core.management import call_command
    from django.db import connection

    cache = DatabaseCache(CACHE_TABLE, {})
    assert ReturnsRouter().db_for_write(cache.cache_model_class) is None
    call_command("createcachetable", CACHE_TABLE, verbosity=0)
    try:
        assert cache.add("lock", True, timeout=5)
        assert not cache.add("lock", True, timeout=5)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {CACHE_TABLE}")
