"""The page about a Worker's overrides, and its forms."""

from django.urls import path

from dashboard.overrides import views

app_name = "overrides"
urlpatterns = [
    path("workers/<str:name>/overrides/", views.overrides, name="worker"),
    path("workers/<str:name>/overrides/share/", views.share, name="share"),
    path("workers/<str:name>/overrides/protect/", views.protect, name="protect"),
    path("workers/<str:name>/overrides/key/", views.rotate_key, name="key"),
    path("workers/<str:name>/overrides/links/<uuid:link_id>/", views.revoke, name="revoke"),
]
