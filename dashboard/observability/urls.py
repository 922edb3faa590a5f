"""Addresses of the charts."""

from django.urls import path

from dashboard.observability import pages

app_name = "observability"
urlpatterns = [
    path("observability/", pages.of_all, name="all"),
    path("workers/<str:name>/observability/", pages.of_worker, name="worker"),
    path(
        "workers/<str:name>/versions/<uuid:version_id>/acknowledge/",
        pages.acknowledge_errors,
        name="acknowledge",
    ),
]
