"""The room's WebSocket paths."""

from django.urls import path

from dashboard.api.tail.socket import TailConsumer
from dashboard.live.channel.origin import same_origin

websocket_urlpatterns = [
    path(
        "client/v4/tails/<uuid:tail_id>/<str:secret>",
        same_origin(TailConsumer.as_asgi(), programs=True),
    ),
]
