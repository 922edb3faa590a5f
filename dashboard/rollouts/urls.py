"""Addresses of rollouts."""

from django.urls import path

from dashboard.rollouts.backtest import views as backtest_views
from dashboard.rollouts.forgotten_versions import views as forgotten_views
from dashboard.rollouts.hooks import views as hook_views
from dashboard.rollouts.list import views as list_views
from dashboard.rollouts.page import views
from dashboard.rollouts.plans import change_views, views as plan_views
from dashboard.rollouts.record import views as record_views
from dashboard.rollouts.remote.pages import (
    start_views as remote_start_views,
    views as remote_views,
)
from dashboard.rollouts.start_page import views as start_views

REMOTE = "cloudflare/<slug:slug>/workers/<str:name>/rollouts"

app_name = "rollouts"
urlpatterns = [
    path("rollouts/", list_views.of_all, name="all"),
    path("workers/<str:name>/rollouts/", start_views.of_worker, name="worker"),
    path(
        "workers/<str:name>/forgotten/remove/",
        forgotten_views.remove_version,
        name="remove-forgotten",
    ),
    path("workers/<str:name>/plans/<int:plan_id>/rename/", plan_views.rename, name="rename-plan"),
    path("workers/<str:name>/plans/<int:plan_id>/delete/", plan_views.delete, name="delete-plan"),
    path("workers/<str:name>/backtest/", backtest_views.of_worker, name="backtest"),
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
    path(
        "workers/<str:name>/rollouts/<uuid:rollout_id>/plan/",
        change_views.change,
        name="change-plan",
    ),
    path("workers/<str:name>/rollouts/<uuid:rollout_id>/<slug:verb>/", views.act, name="act"),
    path(f"{REMOTE}/", remote_start_views.of_worker, name="remote-start"),
    path(f"{REMOTE}/<uuid:rollout_id>/", remote_views.detail, name="remote"),
    path(f"{REMOTE}/<uuid:rollout_id>/decide/", remote_views.decide, name="remote-decide"),
    path(f"{REMOTE}/<uuid:rollout_id>/<slug:verb>/", remote_views.act, name="remote-act"),
]
