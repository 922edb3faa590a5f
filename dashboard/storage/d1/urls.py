"""Paths of a database's page, below `/storage/d1/`."""

from django.urls import path

from dashboard.storage.d1 import views

urlpatterns = [
    path("<str:key>/", views.detail, name="d1"),
    path("<str:key>/query/", views.query, name="d1-query"),
]
