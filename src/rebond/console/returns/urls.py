"""Addresses of what came back."""

from django.urls import path

from rebond.console.returns import acting, views

urlpatterns = [
    path("returns/", views.list_, name="returns_list"),
    path("returns/accept/", acting.accept_all, name="returns_accept_all"),
    path("returns/mails/retry/", acting.retry_all, name="returns_retry_all"),
    path("returns/mails/", views.mails, name="returns_mails"),
    path("returns/mails/<int:number>/", views.mail, name="returns_mail"),
    path("returns/mails/<int:number>/raw/", views.raw, name="returns_raw"),
    path("returns/mails/<int:number>/retry/", acting.retry, name="returns_retry"),
    path("returns/<int:number>/", views.show, name="returns_show"),
    path("returns/<int:number>/accept/", acting.accept, name="returns_accept"),
]
