"""The page, and what agents call; their socket is in sockets.py."""

from django.urls import path

from dashboard.edges import pages
from dashboard.edges.protocol import views

app_name = "edges"
urlpatterns = [
    path("edges/", pages.edges, name="list"),
    path("edge/v1/join", views.join_edge, name="join"),
    path("edge/v1/token", views.renew_token, name="token"),
    path("edge/v1/snapshot", views.desired, name="snapshot"),
    path("edge/v1/modules/<str:sha256>", views.module, name="module"),
    path("edge/v1/assets/<str:sha256>", views.asset, name="asset"),
    path("edge/v1/previews/<str:label>", views.preview, name="preview"),
    path("edge/v1/reports", views.report, name="report"),
    path("edge/v1/invocations", views.invocations, name="invocations"),
    path("edge/v1/details", views.details, name="details"),
    path("edge/v1/relayed/<uuid:id>", views.relayed_answer, name="relayed"),
]
