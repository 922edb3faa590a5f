"""Addresses under /cloudflare/."""

from django.urls import path

from dashboard.cloud.pages import accounts, worker_views

app_name = "cloud"
urlpatterns = [
    path("", accounts.index, name="list"),
    path("connect/", accounts.connect, name="connect"),
    path("<slug:slug>/", accounts.detail, name="account"),
    path("<slug:slug>/check/", accounts.check, name="check"),
    path("<slug:slug>/token/", accounts.replace_token, name="token"),
    path("<slug:slug>/follow/", accounts.follow, name="follow"),
    path("<slug:slug>/disconnect/", accounts.disconnect, name="disconnect"),
    path("<slug:slug>/workers/", accounts.workers, name="workers"),
    path("<slug:slug>/workers/<str:name>/", worker_views.deployments, name="worker"),
    path("<slug:slug>/workers/<str:name>/deploy/", worker_views.deploy, name="deploy"),
    path("<slug:slug>/workers/<str:name>/verify/", worker_views.verify, name="verify"),
    path(
        "<slug:slug>/workers/<str:name>/changes/<int:change_id>/",
        worker_views.settle,
        name="settle",
    ),
]
