"""Where the dashboard listens, and the URLs of the dashboard and of Workers."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from dashboard.settings.environment import variables
from routing.rules.addresses.pattern import is_host_name
from routing.rules.addresses.zones import is_within

#: Port of the dashboard and API. SLUICE_HTTP_PORT.
HTTP_PORT = variables.number("SLUICE_HTTP_PORT", 8000, 65_535, "a port")
#: Address the dashboard and API listen on. SLUICE_HTTP_HOST.
HTTP_HOST = variables.text("SLUICE_HTTP_HOST", "127.0.0.1")
#: Connections that the dashboard holds at a time, and of them from one address; an IPv6 /64 counts
#: as one, this machine not at all. SLUICE_HTTP_CONNECTIONS, SLUICE_HTTP_CONNECTIONS_PER_ADDRESS.
HTTP_CONNECTIONS = variables.number("SLUICE_HTTP_CONNECTIONS", 4000, 50_000, least=64)
HTTP_CONNECTIONS_PER_ADDRESS = variables.number("SLUICE_HTTP_CONNECTIONS_PER_ADDRESS", 400, 50_000)
#: Port of the demo edge's public listener. SLUICE_EDGE_PORT.
EDGE_PORT = variables.number("SLUICE_EDGE_PORT", 8787, 65_535, "a port")
#: Workers answer at <name>.<DOMAIN>. SLUICE_DOMAIN.
DOMAIN = variables.matching(
    "SLUICE_DOMAIN", "localhost", r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", "a lower-case domain name"
)
#: Domains whose host names Workers may use for routes and custom domains, separated by commas;
#: more on the Zones page. SLUICE_ZONES.
ZONES = tuple(
    zone.strip().lower() for zone in variables.text("SLUICE_ZONES").split(",") if zone.strip()
)
for _zone in ZONES:
    if not is_host_name(_zone) or is_within(_zone, DOMAIN):
        raise ImproperlyConfigured(
            f"SLUICE_ZONES={_zone!r}: expected domains such as example.com, not under {DOMAIN}."
        )
#: Where people reach these pages, for links in messages: `https://sluice.example.com` behind a TLS
#: proxy. SLUICE_PUBLIC_URL.
PUBLIC_URL = variables.text("SLUICE_PUBLIC_URL").rstrip("/") or f"http://localhost:{HTTP_PORT}"
if not re.fullmatch(r"https?://[A-Za-z0-9_.:\[\]-]+", PUBLIC_URL):
    raise ImproperlyConfigured(
        f"SLUICE_PUBLIC_URL={PUBLIC_URL!r}: expected http or https://host[:port], no path."
    )
#: The header with an edge's client certificate, as URL-encoded PEM, from the proxy that verified it
#: (nginx: $ssl_client_escaped_cert). With it every edge needs one. SLUICE_EDGE_CERT_HEADER.
EDGE_CERT_HEADER = variables.matching(
    "SLUICE_EDGE_CERT_HEADER", "", r"([A-Za-z0-9-]{1,64})?", "a header's name"
)
#: Where people reach the edge: `https://<DOMAIN>` behind a TLS proxy. SLUICE_EDGE_PUBLIC_URL.
EDGE_PUBLIC_URL = variables.text("SLUICE_EDGE_PUBLIC_URL") or f"http://{DOMAIN}:{EDGE_PORT}"
if not re.fullmatch(rf"https?://{re.escape(DOMAIN)}(:[1-9][0-9]{{0,4}})?", EDGE_PUBLIC_URL):
    raise ImproperlyConfigured(
        f"SLUICE_EDGE_PUBLIC_URL={EDGE_PUBLIC_URL!r}: expected http or https://{DOMAIN}, or "
        "with a port, and no path."
    )
#: Extra host names the dashboard answers to, comma separated. SLUICE_ALLOWED_HOSTS.
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"] + [
    host for host in variables.text("SLUICE_ALLOWED_HOSTS").split(",") if host
]
#: The dashboard is served over https by a proxy in front of it. SLUICE_BEHIND_TLS.
BEHIND_TLS = variables.switch("SLUICE_BEHIND_TLS", False)
#: Networks of balancers and proxies on other machines, whose X-Forwarded-For and X-Forwarded-Proto
#: are trusted. SLUICE_TRUSTED_PROXIES.
TRUSTED_PROXIES = variables.networks("SLUICE_TRUSTED_PROXIES")
#: Django's debug pages; never in production. SLUICE_DEBUG.
DEBUG = variables.switch("SLUICE_DEBUG", False)


def workers_below_dashboard() -> bool:
    """Whether the hosts of Workers are below the dashboard's."""
    return f".{DOMAIN}".endswith(f".{urlsplit(PUBLIC_URL).hostname or ''}")
