"""Addresses of suites and their runs."""

from django.urls import path

from dashboard.smoketests import views

app_name = "smoketests"
urlpatterns = [
    path("workers/<str:name>/checks/", views.checks, name="checks"),
    path("workers/<str:name>/checks/<int:suite_id>/", views.suite, name="suite"),
    path("workers/<str:name>/checks/<int:suite_id>/suite.yaml", views.download, name="download"),
    path("workers/<str:name>/checks/<int:suite_id>/run/", views.start, name="start"),
    path("workers/<str:name>/checks/runs/<uuid:run_id>/", views.run, name="run"),
    path("workers/<str:name>/checks/runs/<uuid:run_id>/stop/", views.stop_run, name="stop"),
]
