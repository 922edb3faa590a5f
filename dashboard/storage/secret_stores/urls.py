"""Paths of a secrets store's page, below `/storage/secrets/`."""

from django.urls import path

from dashboard.storage.secret_stores import views

urlpatterns = [
    path("<str:key>/", views.detail, name="secrets"),
    path("<str:key>/create/", views.create, name="secret-create"),
    path("<str:key>/<str:secret_id>/change/", views.change, name="secret-change"),
    path("<str:key>/<str:secret_id>/remove/", views.remove, name="secret-remove"),
]
