"""Addresses of the pages about people."""

from django.urls import path

from rebond.console.profiles import audiences, columns, erasing, imports, segments, views

urlpatterns = [
    path("profiles/", views.list_all, name="profile_list"),
    path("profiles/one/", views.show, name="profile_show"),
    path("profiles/denylist/", views.deny, name="profile_deny"),
    path("profiles/allow/", views.allow, name="profile_allow"),
    path("profiles/erase/", erasing.erase, name="profile_erase"),
    path("profiles/held/", erasing.held, name="profile_held"),
    path("profiles/export/", views.export, name="profile_export"),
    path("profiles/imports/", imports.list_all, name="profile_imports"),
    path("profiles/imports/<int:number>/", imports.show, name="profile_import"),
    path("profiles/imports/<int:number>/live/", imports.live, name="profile_import_live"),
    path("profiles/imports/<int:number>/columns/", columns.columns, name="profile_import_columns"),
    path("profiles/imports/<int:number>/drop/", columns.drop, name="profile_import_drop"),
    path("segments/", segments.list_all, name="segment_list"),
    path("segments/new/", segments.edit, name="segment_new"),
    path("segments/<int:number>/", segments.show, name="segment_show"),
    path("segments/<int:number>/edit/", segments.edit, name="segment_edit"),
    path("segments/<int:number>/delete/", segments.delete, name="segment_delete"),
    path("lists/", audiences.lists, name="list_list"),
    path("lists/change/", audiences.change, name="list_change"),
    path("lists/<int:number>/delete/", audiences.remove_list, name="list_delete"),
    path("services/", audiences.services, name="service_list"),
    path("services/change/", audiences.subscribe, name="service_change"),
    path("services/<int:number>/delete/", audiences.remove_service, name="service_delete"),
]
