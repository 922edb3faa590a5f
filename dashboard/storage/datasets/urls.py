"""Paths of a dataset's page, below `/storage/dataset/`."""

from django.urls import path

from dashboard.storage.datasets import views

urlpatterns = [
    path("<str:key>/", views.detail, name="dataset"),
    path("<str:key>/query/", views.query, name="dataset-query"),
]
