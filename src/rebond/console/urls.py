"""The pages of the console."""

from django.urls import include, path

urlpatterns = [
    path("", include("rebond.console.shell.urls")),
]
