"""Addresses of the pages about rules."""

from django.urls import path

from rebond.console.rules import editing, history, operations, requalifying, taking, testing, verdict_views, views

urlpatterns = [
    path("rules/", views.list_, name="rules_list"),
    path("rules/rule/<path:name>/", views.show, name="rules_show"),
    path("rules/new/", editing.new, name="rules_new"),
    path("rules/edit/<path:name>/", editing.edit, name="rules_edit"),
    path("rules/remove/<path:name>/", editing.remove, name="rules_remove"),
    path("rules/match/", editing.match, name="rules_match"),
    path("rules/test/", testing.test, name="rules_test"),
    path("rules/packs/", history.packs, name="rules_packs"),
    path("rules/packs/take/", taking.take, name="rules_take"),
    path("rules/packs/give/", taking.give, name="rules_give"),
    path("rules/verdict/", verdict_views.verdict, name="rules_verdict"),
    path("rules/requalify/", requalifying.requalify, name="rules_requalify"),
    path("rules/operations/", history.operations, name="rules_operations"),
    path("rules/operations/<int:number>/", operations.show, name="rules_operation"),
    path("rules/operations/<int:number>/undo/", operations.undo, name="rules_operation_undo"),
    path("rules/operations/<int:number>/go-on/", operations.go_on, name="rules_operation_go_on"),
]
