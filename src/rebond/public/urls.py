"""Addresses for strangers; each begins with one of `strangers.PREFIXES`."""

from django.urls import URLPattern, URLResolver, path

from rebond.public import confirm, hooks, join, unsubscribe

urlpatterns: list[URLPattern | URLResolver] = [
    # Whatever stands there: a link that was broken in two deserves an answer that says so.
    path("u/", unsubscribe.page, {"token": ""}),
    path("u/<path:token>", unsubscribe.page, name="unsubscribe"),
    path("join/<str:slug>", join.page, name="join"),
    path("confirm/", confirm.page, {"token": ""}),
    path("confirm/<path:token>", confirm.page, name="confirm"),
    path("webhooks/in/<str:name>", hooks.take, name="webhook_in"),
]
