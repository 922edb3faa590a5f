"""Addresses of versions under /cloudflare/ACCOUNT/workers/NAME/."""

from django.urls import path

from dashboard.workers.cloud import upload, views

app_name = "cloud_versions"
urlpatterns = [
    path("versions/", views.versions, name="list"),
    path("versions/new/", upload.upload, name="upload"),
    path("versions/<str:version_id>/", views.version, name="version"),
    path(
        "versions/<str:version_id>/modules/<int:position>/",
        views.module,
        name="module",
    ),
    path("diff/", views.compare, name="compare"),
    path("diff/<str:left>/<str:right>/", views.diff, name="diff"),
]
