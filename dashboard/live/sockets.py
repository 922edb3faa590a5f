"""The room's WebSocket path: signed in by session, and only from our own pages."""

from channels.auth import AuthMiddlewareStack
from django.urls import path

from dashboard.live.channel.origin import same_origin
from dashboard.live.pages.consumer import PageConsumer

websocket_urlpatterns = [path("live/", same_origin(AuthMiddlewareStack(PageConsumer.as_asgi())))]
