"""Addresses of the pages about keys and webhooks."""

from django.urls import path

from rebond.console.keys import keys, webhooks

urlpatterns = [
    path("administration/keys/", keys.list_all, name="key_list"),
    path("administration/keys/new/", keys.new, name="key_new"),
    path("administration/keys/<int:number>/revoke/", keys.revoke, name="key_revoke"),
    path("administration/webhooks/", webhooks.list_all, name="webhook_list"),
    path("administration/webhooks/new/", webhooks.new, name="webhook_new"),
    path("administration/webhooks/<int:number>/", webhooks.show, name="webhook_show"),
    path("administration/webhooks/<int:number>/edit/", webhooks.edit, name="webhook_edit"),
    path("administration/webhooks/<int:number>/secret/", webhooks.secret, name="webhook_secret"),
    path("administration/webhooks/<int:number>/test/", webhooks.try_out, name="webhook_test"),
    path("administration/webhooks/<int:number>/replay/", webhooks.tell_again, name="webhook_replay"),
    path("administration/webhooks/<int:number>/remove/", webhooks.remove, name="webhook_remove"),
]
