"""Addresses of the pages about deliveries."""

from django.urls import path

from rebond.console.deliveries import actions, logs, views

urlpatterns = [
    path("deliveries/", views.list_all, name="delivery_list"),
    path("deliveries/<int:number>/", views.show, name="delivery_show"),
    path("deliveries/<int:number>/live/", views.live, name="delivery_live"),
    path("deliveries/<int:number>/prepare/", actions.prepare, name="delivery_prepare"),
    path("deliveries/<int:number>/send/", actions.send, name="delivery_send"),
    path("deliveries/<int:number>/pause/", actions.pause, name="delivery_pause"),
    path("deliveries/<int:number>/resume/", actions.resume, name="delivery_resume"),
    path("deliveries/<int:number>/cancel/", actions.cancel, name="delivery_cancel"),
    path("deliveries/<int:number>/messages/", logs.messages, name="delivery_messages"),
    path("deliveries/<int:number>/exclusions/", logs.exclusions, name="delivery_exclusions"),
    path("deliveries/<int:number>/failures/", views.failures, name="delivery_failures"),
]
