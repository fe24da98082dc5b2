"""Addresses of the pages of quarantine."""

from django.urls import path

from rebond.console.quarantine import address, bulk, lists, views

urlpatterns = [
    path("quarantine/", views.addresses, name="quarantine_list"),
    path("quarantine/why/", address.why, name="quarantine_why"),
    path("quarantine/why/decide/", address.decide, name="quarantine_decide"),
    path("quarantine/why/undo/", address.undo, name="quarantine_undo"),
    path("quarantine/why/return/", address.returned, name="quarantine_return"),
    path("quarantine/import/", lists.import_list, name="quarantine_import"),
    path("quarantine/export/addresses.<str:extension>", lists.export, name="quarantine_export"),
    path("quarantine/views/", lists.save, name="quarantine_view_save"),
    path("quarantine/views/<int:number>/forget/", lists.forget, name="quarantine_view_forget"),
    path("quarantine/bulk/", bulk.bulk, name="quarantine_bulk"),
    path("quarantine/bulk/begin/", bulk.begin_bulk, name="quarantine_begin"),
    path("quarantine/operations/", bulk.operations, name="quarantine_operations"),
    path("quarantine/operations/<int:number>/", bulk.one, name="quarantine_operation"),
    path("quarantine/operations/<int:number>/undo/", bulk.undo_one, name="quarantine_operation_undo"),
    path("quarantine/operations/<int:number>/resume/", bulk.resume, name="quarantine_operation_resume"),
]
