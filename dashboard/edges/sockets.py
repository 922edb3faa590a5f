"""The room's WebSocket paths."""

from django.urls import path

from dashboard.edges.live import EdgeConsumer

websocket_urlpatterns = [path("edge/v1/live", EdgeConsumer.as_asgi())]
