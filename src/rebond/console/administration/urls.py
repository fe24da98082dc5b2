"""Addresses of the pages of administration."""

from django.urls import path

from rebond.console.administration import audit, jobs, people, settings

urlpatterns = [
    path("administration/jobs/", jobs.list_, name="job_list"),
    path("administration/jobs/<str:name>/", jobs.show, name="job_show"),
    path("administration/jobs/<str:name>/run/", jobs.run, name="job_run"),
    path("administration/people/", people.list_, name="people_list"),
    path("administration/new-person/", people.new, name="people_new"),
    path("administration/people/<str:name>/", people.show, name="people_show"),
    path("administration/people/<str:name>/role/", people.role, name="people_role"),
    path("administration/people/<str:name>/link/", people.link, name="people_link"),
    path("administration/people/<str:name>/access/", people.access, name="people_access"),
    path("administration/audit/", audit.list_, name="audit_list"),
    path("administration/settings/", settings.show, name="settings_show"),
    path("administration/transports/", settings.transports, name="transport_list"),
    path("administration/transports/again/", settings.again, name="transport_again"),
]
