"""Addresses of the pages about rules."""

from django.urls import path

from rebond.console.rules import operations, verdict_views

urlpatterns = [
    path("rules/verdict/", verdict_views.verdict, name="rules_verdict"),
    path("rules/operations/<int:number>/", operations.show, name="rules_operation"),
    path("rules/operations/<int:number>/undo/", operations.undo, name="rules_operation_undo"),
    path("rules/operations/<int:number>/go-on/", operations.go_on, name="rules_operation_go_on"),
]
