"""The room's WebSocket paths."""

from django.urls import path

from dashboard.api.tail_socket import TailConsumer

websocket_urlpatterns = [
    path("client/v4/tails/<uuid:tail_id>/<str:secret>", TailConsumer.as_asgi()),
]
