"""Addresses of message qualification."""

from django.urls import path

from rebond.console.qualification import deciding, views

urlpatterns = [
    path("qualifications/", views.list_, name="qualification_list"),
    path("qualifications/<int:number>/", views.show, name="qualification_show"),
    path("qualifications/<int:number>/match/", views.match, name="qualification_match"),
    path("qualifications/<int:number>/decide/", deciding.decide, name="qualification_decide"),
    path("qualifications/<int:number>/reset/", deciding.reset, name="qualification_reset"),
]
