"""Which database holds what: returned mails have a file of their own where the databases are SQLite files."""

from typing import Any

from django.conf import settings

from rebond.store.connect import RETURNS

_MODELS = frozenset({"returnedmail", "rawmail"})


def returns_database() -> str:
    """Return the alias of the database that holds returned mails."""
    return RETURNS if RETURNS in settings.DATABASES else "default"


class ReturnsRouter:
    """Django's router protocol."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        about = model._meta  # of what the cache calls its model, only this much is there
        return returns_database() if self._is_return(f"{about.app_label}.{about.model_name}") else None

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return self.db_for_read(model)

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool | None:
        if returns_database() == "default":
            return None
        if model_name is None:
            return db == "default"
        return (db == RETURNS) == self._is_return(f"{app_label}.{model_name}")

    @staticmethod
    def _is_return(label: str) -> bool:
        app, _, model = label.partition(".")
        return app == "store" and model in _MODELS
