"""Addresses of the charts."""

from django.urls import path

from dashboard.observability.charts import views

app_name = "observability"
urlpatterns = [
    path("observability/", views.of_all, name="all"),
    path("workers/<str:name>/observability/", views.of_worker, name="worker"),
    path(
        "workers/<str:name>/versions/<uuid:version_id>/acknowledge/",
        views.acknowledge_errors,
        name="acknowledge",
    ),
]
