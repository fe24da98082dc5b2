"""Which database the tests run on: SQLite files, or PostgreSQL when REBOND_TEST_DATABASE=postgresql."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from rebond.store.connect import settings_for
from rebond.web_settings import WEB_APPS, web_settings

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
SAMPLES = Path(__file__).parent / "samples"

_ERASURE = (b"a key that hashes erased addresses in tests",)
_MEMORY = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("tests")


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings as django_settings

    if django_settings.configured:
        return
    if os.environ.get("REBOND_TEST_DATABASE") == "postgresql":
        chosen = settings_for(os.environ["REBOND_TEST_POSTGRES_URL"])
    else:
        # Files, not memory: services use several threads, and so several connections.
        folder = tempfile.mkdtemp(prefix="rebond-tests-")
        config.add_cleanup(lambda: _remove(folder))
        chosen = settings_for(f"sqlite:///{folder}/main.sqlite3")
        for alias, database in chosen["DATABASES"].items():
            database["TEST"] = {"NAME": f"{folder}/test-{alias}.sqlite3"}
            # What a crash would leave is for the crash tests; here a commit need not reach the disk.
            database["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
    chosen["INSTALLED_APPS"] += WEB_APPS
    django_settings.configure(**{**chosen, **web_settings(key="tests"), "CACHES": _MEMORY, "ERASURE_KEYS": _ERASURE})
    _empty_cheaply()


def _empty_cheaply() -> None:
    from django.test import TransactionTestCase

    from tests.emptying import empty

    def teardown(case: TransactionTestCase) -> None:
        empty(case._databases_names(include_mirrors=False))  # type: ignore[attr-defined]

    # A new connection costs PostgreSQL more than most tests do.
    TransactionTestCase._should_reload_connections = lambda _: False  # type: ignore[attr-defined]
    TransactionTestCase._fixture_teardown = teardown  # type: ignore[attr-defined]


def _remove(folder: str) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def corpus() -> Path:
    """A folder of labelled returns: nobody's mail can be part of the project, so it is named, or stands beside it."""
    found = Path(os.environ.get("REBOND_TEST_CORPUS") or CORPUS)
    if not found.is_dir():
        pytest.skip("set REBOND_TEST_CORPUS to a folder of labelled returns")
    return found
