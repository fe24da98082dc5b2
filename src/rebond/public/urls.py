"""Addresses for strangers; each begins with one of `strangers.PREFIXES`."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
