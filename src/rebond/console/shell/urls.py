"""Addresses of the first page."""

from django.urls import path

from rebond.console.shell import views

urlpatterns = [
    path("", views.home, name="home"),
    path("account/settings/", views.account, name="account_settings"),
]
