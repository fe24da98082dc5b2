"""Addresses of the alerts."""

from django.urls import path

from rebond.console.alerts import views

urlpatterns = [
    path("alerts/", views.list_, name="alert_list"),
    path("alerts/<int:number>/acknowledge/", views.acknowledge, name="alert_acknowledge"),
]
