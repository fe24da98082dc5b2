"""Addresses of the reports."""

from django.urls import path

from rebond.console.reports import views

urlpatterns = [
    path("reports/", views.report_list, name="report_list"),
    path("reports/<slug:name>/", views.report_show, name="report_show"),
    path("reports/<slug:name>/<slug:table>.<str:extension>", views.report_export, name="report_export"),
]
