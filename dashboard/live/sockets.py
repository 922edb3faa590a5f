"""The room's WebSocket path: signed in by session, and only from our own pages."""

from channels.auth import AuthMiddlewareStack
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path

from dashboard.live.browser import PageConsumer

websocket_urlpatterns = [
    path("live/", AllowedHostsOriginValidator(AuthMiddlewareStack(PageConsumer.as_asgi())))
]
