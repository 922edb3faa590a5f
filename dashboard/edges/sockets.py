"""The room's WebSocket paths."""

from django.urls import path

from dashboard.edges.protocol.agent_consumer import EdgeConsumer

websocket_urlpatterns = [path("edge/v1/live", EdgeConsumer.as_asgi())]
