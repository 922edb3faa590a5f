"""Addresses of Workers, their versions and the forms that change them."""

from django.urls import path

from dashboard.workers import changes, views

app_name = "workers"
urlpatterns = [
    path("", views.index, name="list"),
    path("<str:name>/", views.detail, name="detail"),
    path("<str:name>/split/", changes.split, name="split"),
    path("<str:name>/rollback/", changes.roll_back, name="rollback"),
    path("<str:name>/versions/<uuid:version_id>/", views.version, name="version"),
]
