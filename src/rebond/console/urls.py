"""The pages of the console."""

from django.urls import include, path

urlpatterns = [
    path("", include("rebond.console.shell.urls")),
    path("", include("rebond.console.home.urls")),
    path("", include("rebond.console.alerts.urls")),
    path("", include("rebond.console.quarantine.urls")),
    path("", include("rebond.console.reports.urls")),
    path("", include("rebond.console.qualification.urls")),
    path("", include("rebond.console.rules.urls")),
    path("", include("rebond.console.returns.urls")),
    path("", include("rebond.console.deliveries.urls")),
    path("", include("rebond.console.keys.urls")),
    path("", include("rebond.console.administration.urls")),
    path("", include("rebond.console.profiles.urls")),
    path("", include("rebond.console.landing.urls")),
]
