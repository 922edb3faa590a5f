"""What every response has: security headers, static files, messages."""

from __future__ import annotations

from django.contrib.messages import constants as message_levels

from dashboard.settings.addresses import BEHIND_TLS, EDGE_PUBLIC_URL, workers_below_dashboard
from dashboard.settings.folders import BASE_DIR, NODE_MODULES

STATIC_URL = "/static/"
# Fonts and icons come from pinned npm packages, so nothing is fetched from another host.
STATICFILES_DIRS = [
    BASE_DIR / "static",
    # First those that bin/build_assets.py cut to what pages use, half as large.
    *(
        (f"fonts/{name}", NODE_MODULES / f".fonts/{name}")
        for name in ("inter", "mono")
        if (NODE_MODULES / f".fonts/{name}").is_dir()
    ),
    ("fonts/inter", NODE_MODULES / "@fontsource-variable/inter/files"),
    ("fonts/mono", NODE_MODULES / "@fontsource-variable/jetbrains-mono/files"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "dashboard.ui.assets.static_files.Storage"},
}

SERVESTATIC_ALLOW_ALL_ORIGINS = False

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
#: Tones of tones.css; the others have none.
MESSAGE_TAGS = {
    message_levels.INFO: "",
    message_levels.SUCCESS: "",
    message_levels.WARNING: "warn",
    message_levels.ERROR: "danger",
}
MESSAGE_STORAGE = "dashboard.ui.http.message_storage.MessageStorage"
SILENCED_SYSTEM_CHECKS = [
    "axes.W002",  # the sign-in page shows the pause itself, so no other page needs the middleware
]
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    # For a year browsers would refuse Workers that answer over http below the dashboard's host.
    SECURE_HSTS_INCLUDE_SUBDOMAINS = not (
        workers_below_dashboard() and EDGE_PUBLIC_URL.startswith("http:")
    )
    SILENCED_SYSTEM_CHECKS += [
        # The proxy redirects people to https. Edges and `/healthz` speak http on this machine.
        "security.W008",
        # Browsers' preload lists are for the owner of the domain to decide.
        "security.W021",
        # See above: only where it would cut off Workers.
        *([] if SECURE_HSTS_INCLUDE_SUBDOMAINS else ["security.W005"]),
    ]
