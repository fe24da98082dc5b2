"""Addresses of the pages about landing pages."""

from django.urls import path

from rebond.console.landing import views

urlpatterns = [
    path("landing-pages/", views.list_all, name="landing_list"),
    path("landing-pages/new/", views.edit, name="landing_new"),
    path("landing-pages/preview/", views.preview, name="landing_preview"),
    path("landing-pages/<int:number>/", views.show, name="landing_show"),
    path("landing-pages/<int:number>/edit/", views.edit, name="landing_edit"),
    path("landing-pages/<int:number>/remove/", views.remove, name="landing_remove"),
]
