"""Addresses of the pages of quarantine."""

from django.urls import path

from rebond.console.quarantine import address, views

urlpatterns = [
    path("quarantine/", views.addresses, name="quarantine_list"),
    path("quarantine/why/", address.why, name="quarantine_why"),
    path("quarantine/why/decide/", address.decide, name="quarantine_decide"),
    path("quarantine/why/undo/", address.undo, name="quarantine_undo"),
    path("quarantine/why/return/", address.returned, name="quarantine_return"),
]
