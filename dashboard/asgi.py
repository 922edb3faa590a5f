"""The web process: pages and API over HTTP, agents and browsers over WebSockets."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
pages = get_asgi_application()  # loads the apps, so it comes before the imports below

from typing import cast  # noqa: E402

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import WebsocketDenier  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import re_path  # noqa: E402

from dashboard.accounts.strangers.lane import StrangersLane  # noqa: E402
from dashboard.api.http.body_limit import App, limit_body  # noqa: E402
from dashboard.api.in_flight import InFlight  # noqa: E402
from dashboard.api.sockets import websocket_urlpatterns as of_the_api  # noqa: E402
from dashboard.api.tail.socket import opens_tail  # noqa: E402
from dashboard.edges.sockets import websocket_urlpatterns as of_the_edges  # noqa: E402
from dashboard.live.sockets import websocket_urlpatterns as of_the_pages  # noqa: E402
from dashboard.observability.requests.live_log_socket import websocket_urlpatterns as of_the_logs  # noqa: E402
from dashboard.playground.disconnect import note_disconnect  # noqa: E402

nowhere = [re_path("", WebsocketDenier.as_asgi())]  # refused without a line in the log
application = StrangersLane(
    cast(
        App,
        ProtocolTypeRouter(
            {
                "http": InFlight(
                    note_disconnect(limit_body(cast(App, pages), settings.UPLOAD_LIMIT))
                ),
                "websocket": URLRouter(
                    [*of_the_api, *of_the_edges, *of_the_logs, *of_the_pages, *nowhere]
                ),
            }
        ),
    ),
    opens_socket=opens_tail,
)
