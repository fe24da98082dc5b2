"""How the store connects: SQLite files by default, PostgreSQL by URL. The only place that configures Django."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

# WAL with full synchronisation: an acknowledged return survives a power cut.
_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;"
_APPS = ("django.contrib.contenttypes", "django.contrib.auth", "rebond.store")
RETURNS = "returns"
_A_TABLE = "delivery"


class DatabaseUrlError(ValueError):
    """A database URL that cannot be used, in words for the person who wrote it."""


def settings_for(url: str) -> dict[str, Any]:
    """Return the Django settings for a database URL: `sqlite:///path` or `postgresql://user@host/name`.

    With SQLite the returned mails and their queue live in a file of their own beside the main one,
    so that intake never waits for a sender's transaction.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        path = unquote(parts.path)[1:]
        if not path:
            raise DatabaseUrlError(f"{url!r} names no file: write sqlite:///folder/rebond.sqlite3")
        databases = {"default": _sqlite(path), RETURNS: _sqlite(_beside(path))}
    elif parts.scheme in ("postgresql", "postgres"):
        databases = {"default": _postgresql(url)}
    else:
        raise DatabaseUrlError(f"{parts.scheme or url!r} is no known database: use sqlite:/// or postgresql://")
    return {
        "DATABASES": databases,
        "DATABASE_ROUTERS": ["rebond.store.router.ReturnsRouter"],
        "INSTALLED_APPS": list(_APPS),
        "AUTH_USER_MODEL": "store.User",
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
    }


def _beside(path: str) -> str:
    return path if path == ":memory:" else str(Path(path).with_name(Path(path).stem + "-returns.sqlite3"))


def _sqlite(path: str) -> dict[str, Any]:
    # IMMEDIATE: a transaction that reads and then writes would fail at once, whatever the timeout, when another
    # process wrote in between.
    options = {"init_command": _PRAGMAS, "transaction_mode": "IMMEDIATE", "timeout": 20}
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "OPTIONS": options}


def _postgresql(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if not parts.path.strip("/"):
        raise DatabaseUrlError(f"{without_password(url)!r} names no database: write postgresql://user@host/name")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),
        "CONN_HEALTH_CHECKS": True,
    }


def connect(url: str, *, apps: tuple[str, ...] = (), extra: Mapping[str, Any] = MappingProxyType({})) -> None:
    """Configure Django for this process, once. A second call with another database is an error.

    `apps` and `extra` are what a process that serves people has beyond the store.
    """
    from django.conf import settings

    wanted = settings_for(url)
    wanted = {**wanted, **extra, "INSTALLED_APPS": [*wanted["INSTALLED_APPS"], *apps]}
    if settings.configured:
        if settings.DATABASES["default"]["NAME"] != wanted["DATABASES"]["default"]["NAME"]:
            raise DatabaseUrlError("this process is already connected to another database")
        return
    import django

    settings.configure(**wanted)
    django.setup()


def migrate() -> None:
    """Bring every database of this process to the present schema; safe to run again."""
    from django.conf import settings
    from django.core.management import call_command

    for alias in settings.DATABASES:
        call_command("migrate", database=alias, verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)


def without_password(url: str) -> str:
    """Write a database URL for people: without its password and its parameters."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return unquote(parts.path)[1:]
    _, at, host = parts.netloc.rpartition("@")
    return f"{parts.scheme}://{parts.username or ''}{at}{host}{parts.path}"


def has_tables() -> bool:
    """Tell whether the database holds Rebond's tables; a SQLite file that is not there is not made by asking."""
    from django.db import connection

    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite" and name != ":memory:" and not Path(name).exists():
        return False
    return _A_TABLE in connection.introspection.table_names()


def pending_migrations() -> int:
    """Count the migrations that have not been applied yet."""
    from django.conf import settings
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    total = 0
    for alias in settings.DATABASES:
        executor = MigrationExecutor(connections[alias])
        total += len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    return total


def disconnect() -> None:
    """Close this thread's connections."""
    from django.db import connections

    connections.close_all()
