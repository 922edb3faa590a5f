"""Addresses of invocations and live logs."""

from django.urls import path

from dashboard.observability.requests import invocations, live_log_page

app_name = "invocations"
urlpatterns = [
    path("invocations/", invocations.of_all, name="all"),
    path("invocations/<str:ray>/", invocations.trace, name="trace"),
    path("workers/<str:name>/invocations/", invocations.of_worker, name="worker"),
    path("workers/<str:name>/log/", live_log_page.log, name="log"),
]
