"""The page, and what agents call; their socket is in sockets.py."""

from django.urls import path

from dashboard.edges.pages import add_edge, changes, edge_list, edge_page
from dashboard.edges.protocol import views

app_name = "edges"
urlpatterns = [
    path("edges/", edge_list.edges, name="list"),
    path("edges/add/", add_edge.add, name="add"),
    path("edges/joining/<int:pk>/", add_edge.joining, name="joining"),
    path("edges/joining/<int:pk>/revoke/", changes.revoke_join_token, name="revoke-join-token"),
    path("edges/at/<str:name>/", edge_page.edge, name="edge"),
    path("edges/at/<str:name>/rename/", changes.rename, name="rename"),
    path("edges/at/<str:name>/group/", changes.move, name="move"),
    path("edges/at/<str:name>/drain/", changes.drain, name="drain"),
    path("edges/at/<str:name>/renew/", changes.renew_token, name="renew-token"),
    path("edges/at/<str:name>/rotate/", edge_page.rotate_token, name="rotate-token"),
    path("edges/at/<str:name>/join/", add_edge.join_again, name="join-again"),
    path("edges/at/<str:name>/remove/", changes.remove, name="remove"),
    path("edge/v1/join", views.join_edge, name="join"),
    path("edge/v1/token", views.renew_token, name="token"),
    path("edge/v1/snapshot", views.desired, name="snapshot"),
    path("edge/v1/modules/<str:sha256>", views.module, name="module"),
    path("edge/v1/assets/<str:sha256>", views.asset, name="asset"),
    path("edge/v1/assets", views.assets, name="assets"),
    path("edge/v1/previews/<str:label>", views.preview, name="preview"),
    path("edge/v1/reports", views.report, name="report"),
    path("edge/v1/invocations", views.invocations, name="invocations"),
    path("edge/v1/details", views.details, name="details"),
    path("edge/v1/relayed/<uuid:id>", views.relayed_answer, name="relayed"),
    path("edge/v1/events/<uuid:id>", views.event_answer, name="event"),
]
