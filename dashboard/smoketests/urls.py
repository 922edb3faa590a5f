"""Addresses of suites and their runs."""

from django.urls import path

from dashboard.smoketests import views
from dashboard.smoketests.editor import edit_views, views as editor
from dashboard.smoketests.runs import views as run_views

app_name = "smoketests"
urlpatterns = [
    path("workers/<str:name>/checks/", views.checks, name="checks"),
    path("workers/<str:name>/checks/new/", edit_views.new, name="new"),
    path("workers/<str:name>/checks/<int:suite_id>/", editor.suite, name="suite"),
    path("workers/<str:name>/checks/<int:suite_id>/move/", editor.move, name="move"),
    path("workers/<str:name>/checks/<int:suite_id>/yaml/", edit_views.yaml, name="yaml"),
    path(
        "workers/<str:name>/checks/<int:suite_id>/edits/<int:number>/",
        edit_views.edit,
        name="edit",
    ),
    path(
        "workers/<str:name>/checks/<int:suite_id>/edits/<int:number>/restore/",
        edit_views.restore_edit,
        name="restore",
    ),
    path("workers/<str:name>/checks/<int:suite_id>/suite.yaml", views.download, name="download"),
    path("workers/<str:name>/checks/<int:suite_id>/run/", views.start, name="start"),
    path("workers/<str:name>/checks/runs/<uuid:run_id>/", run_views.run, name="run"),
    path(
        "workers/<str:name>/checks/runs/<uuid:run_id>/results/<int:result_id>/accept/",
        run_views.accept_result,
        name="accept",
    ),
    path(
        "workers/<str:name>/checks/runs/<uuid:run_id>/results/<int:result_id>/withdraw/",
        run_views.withdraw_result,
        name="withdraw",
    ),
    path("workers/<str:name>/checks/runs/<uuid:run_id>/stop/", run_views.stop_run, name="stop"),
]
