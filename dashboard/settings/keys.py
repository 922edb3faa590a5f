"""The account of the API, the keys, and the admin of the first run."""

from __future__ import annotations

import re
import secrets

from django.core.exceptions import ImproperlyConfigured

from dashboard.settings.environment import variables
from dashboard.settings.folders import generated_once
from routing.state_access import state_key

#: The one account of the Cloudflare-compatible API. SLUICE_ACCOUNT_ID.
ACCOUNT_ID = generated_once("account_id", "SLUICE_ACCOUNT_ID", secrets.token_hex(16))
if not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", ACCOUNT_ID):
    raise ImproperlyConfigured(
        f"SLUICE_ACCOUNT_ID={ACCOUNT_ID!r}: expected letters, digits, - or _."
    )
#: Signs sessions and encrypts secrets; losing it loses them. SLUICE_SECRET_KEY.
SECRET_KEY = generated_once("secret_key", "SLUICE_SECRET_KEY", secrets.token_urlsafe(48))
if len(SECRET_KEY) < 32:
    raise ImproperlyConfigured("SLUICE_SECRET_KEY: expected at least 32 characters.")
_previous = variables.secret("SLUICE_SECRET_KEY_PREVIOUS", 32)
#: The key before it, which still decrypts and verifies. SLUICE_SECRET_KEY_PREVIOUS.
SECRET_KEY_FALLBACKS = [_previous] if _previous else []
_state_key = variables.secret("SLUICE_STATE_KEY", 32)
#: Keys of the state process's namespaces, the current one first: from SLUICE_STATE_KEY, else from
#: SLUICE_SECRET_KEY and the key before it.
STATE_KEYS = [
    state_key(key) for key in ([_state_key] if _state_key else [SECRET_KEY, *SECRET_KEY_FALLBACKS])
]
#: Name of the admin that the first run makes. SLUICE_ADMIN_USER.
ADMIN_USER = variables.matching(
    "SLUICE_ADMIN_USER", "admin", r"[\w.@+-]{1,150}", "letters, digits and @.+-_"
)
#: Password of that admin; generated and printed once when unset. SLUICE_ADMIN_PASSWORD.
ADMIN_PASSWORD = variables.text("SLUICE_ADMIN_PASSWORD") or None
#: Whether a first run uploads the demo Workers. SLUICE_DEMO.
DEMO = variables.switch("SLUICE_DEMO", True)
#: What Prometheus sends to scrape /metrics, beside API tokens that may read. SLUICE_METRICS_TOKEN.
METRICS_TOKEN = variables.secret("SLUICE_METRICS_TOKEN", 16)
