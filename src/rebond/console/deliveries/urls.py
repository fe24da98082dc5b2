"""Addresses of the pages about deliveries."""

from django.urls import path

from rebond.console.deliveries import actions, edit, logs, templating, views

urlpatterns = [
    path("deliveries/", views.list_all, name="delivery_list"),
    path("deliveries/new/", edit.new, name="delivery_new"),
    path("deliveries/<int:number>/edit/", edit.edit, name="delivery_edit"),
    path("deliveries/<int:number>/content/", views.content, name="delivery_content"),
    path("deliveries/<int:number>/template/", templating.save, name="template_from"),
    path("templates/", templating.list_all, name="template_list"),
    path("templates/new/", templating.new, name="template_new"),
    path("templates/<int:number>/", templating.show, name="template_show"),
    path("templates/<int:number>/edit/", templating.edit, name="template_edit"),
    path("templates/<int:number>/delete/", templating.delete, name="template_delete"),
    path("deliveries/<int:number>/", views.show, name="delivery_show"),
    path("deliveries/<int:number>/live/", views.live, name="delivery_live"),
    path("deliveries/<int:number>/prepare/", actions.prepare, name="delivery_prepare"),
    path("deliveries/<int:number>/stop/", actions.stop, name="delivery_stop"),
    path("deliveries/<int:number>/send/", actions.send, name="delivery_send"),
    path("deliveries/<int:number>/proof/", actions.proof, name="delivery_proof"),
    path("deliveries/<int:number>/schedule/", actions.schedule, name="delivery_schedule"),
    path("deliveries/<int:number>/unschedule/", actions.unschedule, name="delivery_unschedule"),
    path("deliveries/<int:number>/pause/", actions.pause, name="delivery_pause"),
    path("deliveries/<int:number>/resume/", actions.resume, name="delivery_resume"),
    path("deliveries/<int:number>/cancel/", actions.cancel, name="delivery_cancel"),
    path("deliveries/<int:number>/messages/", logs.messages, name="delivery_messages"),
    path("deliveries/<int:number>/exclusions/", logs.exclusions, name="delivery_exclusions"),
    path("deliveries/<int:number>/failures/", views.failures, name="delivery_failures"),
]
