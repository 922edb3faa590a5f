"""Addresses of rollouts."""

from django.urls import path

from dashboard.rollouts import record_views, views
from dashboard.rollouts.hooks import views as hook_views

app_name = "rollouts"
urlpatterns = [
    path("rollouts/", views.of_all, name="all"),
    path("workers/<str:name>/rollouts/", views.of_worker, name="worker"),
    path("workers/<str:name>/hooks/", hook_views.of_worker, name="hooks"),
    path("workers/<str:name>/hooks/<int:hook_id>/", hook_views.change, name="hook"),
    path("workers/<str:name>/hooks/<int:hook_id>/act/", hook_views.act, name="hook-act"),
    path("workers/<str:name>/rollouts/<uuid:rollout_id>/", views.detail, name="detail"),
    path("workers/<str:name>/rollouts/<uuid:rollout_id>/record/", record_views.show, name="record"),
    path(
        "workers/<str:name>/rollouts/<uuid:rollout_id>/record.json",
        record_views.export,
        name="record-json",
    ),
    path("workers/<str:name>/rollouts/<uuid:rollout_id>/<slug:verb>/", views.act, name="act"),
]
