"""Paths of a bucket's pages, below `/storage/r2/`."""

from django.urls import path

from dashboard.storage.r2 import views

urlpatterns = [
    path("<str:key>/", views.folder, name="r2"),
    path("<str:key>/object/", views.detail, name="r2-object"),
    path("<str:key>/object/content/", views.content, name="r2-content"),
    path("<str:key>/object/delete/", views.delete, name="r2-delete"),
    path("<str:key>/upload/", views.upload, name="r2-upload"),
]
