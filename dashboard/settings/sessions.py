"""Sessions and cookies."""

from __future__ import annotations

from datetime import timedelta

from dashboard.settings.addresses import BEHIND_TLS
from dashboard.settings.environment import variables

#: After how many minutes without a click a session ends; never when unset. SLUICE_IDLE_MINUTES.
IDLE_LIMIT = variables.optional_minutes("SLUICE_IDLE_MINUTES", 720)
#: Hours after which a session ends, active or not. SLUICE_SESSION_HOURS.
SESSION_LIMIT = timedelta(
    hours=variables.number("SLUICE_SESSION_HOURS", 24, 720, "a number of hours")
)
SESSION_ENGINE = "dashboard.accounts.sign_in.sessions"
SESSION_COOKIE_AGE = 12 * 60 * 60  # seconds; the sign-in page says it
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
CSRF_COOKIE_HTTPONLY = True  # scripts take the token from the page
# Browsers take a cookie with this prefix from this host over https only, so that no Worker at a
# host beside it can plant one (RFC 6265bis, "Cookie Name Prefixes").
COOKIE_PREFIX = "__Host-" if BEHIND_TLS else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid", f"{COOKIE_PREFIX}csrftoken"
