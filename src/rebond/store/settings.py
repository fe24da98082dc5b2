"""Django settings for tools that need a module of them (type checker, `makemigrations`): no database behind it."""

from rebond.store.connect import settings_for

globals().update(settings_for("sqlite:///:memory:"))
SECRET_KEY = "tools only: nothing is signed with it"
