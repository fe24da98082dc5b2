"""Addresses of what belongs to the reader alone."""

from django.urls import path

from rebond.console.shell import views

urlpatterns = [
    path("account/settings/", views.account, name="account_settings"),
]
