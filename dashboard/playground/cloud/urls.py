"""Addresses under /cloudflare/ACCOUNT/playground/."""

from django.urls import path

from dashboard.playground.cloud import run_views, views

app_name = "cloud_playground"
urlpatterns = [
    path("", views.playground, name="playground"),
    path("verdict/", views.verdict, name="verdict"),
    path("export/", views.export, name="export"),
    path("tail/", views.tail, name="tail"),
    path("access/", views.access_token, name="access"),
    path("sent/<uuid:id>/", views.sent, name="sent"),
    path("sent/<uuid:id>/proof/", views.proof, name="proof"),
    path("sent/<uuid:id>/body", views.body, name="body"),
    path("many/", run_views.many, name="many"),
    path("compare/", run_views.compare, name="compare"),
    path("runs/<uuid:id>/", run_views.run, name="run"),
]
