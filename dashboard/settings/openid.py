"""An OpenID Connect provider that people may sign in with."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from dashboard.settings.environment import variables

#: The address of its issuer, the text of its button, and the client that it knows Sluice as.
#: SLUICE_OIDC_URL, SLUICE_OIDC_NAME, SLUICE_OIDC_CLIENT_ID, SLUICE_OIDC_CLIENT_SECRET.
OIDC_URL = variables.text("SLUICE_OIDC_URL").rstrip("/")
OIDC_NAME = variables.text("SLUICE_OIDC_NAME", "single sign-on")
OIDC_CLIENT_ID = variables.text("SLUICE_OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = variables.text("SLUICE_OIDC_CLIENT_SECRET")
if OIDC_URL:
    _oidc = urlsplit(OIDC_URL)
    _on_this_machine = _oidc.hostname in {"localhost", "127.0.0.1", "::1"}
    if not _oidc.hostname or (_oidc.scheme != "https" and not _on_this_machine):
        raise ImproperlyConfigured(f"SLUICE_OIDC_URL={OIDC_URL!r}: expected https://host/path.")
    if not OIDC_CLIENT_ID:
        raise ImproperlyConfigured("SLUICE_OIDC_CLIENT_ID: needed with SLUICE_OIDC_URL.")
#: Roles by group, as platform=admin,developers=operator, and the claim that lists the groups of a
#: person. People in none of them get the default role; with "none" they get no access.
#: SLUICE_OIDC_ROLES, SLUICE_OIDC_ROLE_CLAIM, SLUICE_OIDC_DEFAULT_ROLE.
OIDC_ROLES = variables.text("SLUICE_OIDC_ROLES")
OIDC_ROLE_CLAIM = variables.text("SLUICE_OIDC_ROLE_CLAIM", "groups")
OIDC_DEFAULT_ROLE = variables.matching(
    "SLUICE_OIDC_DEFAULT_ROLE", "viewer", "none|viewer|operator|reviewer|admin", "a role or none"
)
#: After how many hours a session through the provider ends: then it confirms the person again.
#: SLUICE_OIDC_SESSION_HOURS.
OIDC_SESSION_LIMIT = timedelta(
    hours=variables.number("SLUICE_OIDC_SESSION_HOURS", 12, 720, "a number of hours")
)
_confirm_days = variables.number("SLUICE_OIDC_CONFIRM_DAYS", 30, 3_650, "a number of days", least=0)
#: After how many days without a sign-in there a person's API tokens stop until the next one; 0 is
#: never. SLUICE_OIDC_CONFIRM_DAYS.
OIDC_CONFIRM_LIMIT = timedelta(days=_confirm_days) if _confirm_days else None
#: How strong a sign-in there has to be: values of `acr`, comma separated; any when unset.
#: SLUICE_OIDC_ACR.
OIDC_ACR = frozenset(filter(None, variables.text("SLUICE_OIDC_ACR").replace(" ", "").split(",")))
#: How many minutes ago the person may have authenticated there (`max_age`); any when unset.
#: SLUICE_OIDC_MAX_AGE_MINUTES.
OIDC_MAX_AGE = variables.optional_minutes("SLUICE_OIDC_MAX_AGE_MINUTES", 43_200)

SOCIALACCOUNT_ADAPTER = "dashboard.accounts.sign_in.openid.OpenIdAdapter"
# A link instead of a form: `form-action` of the CSP also stops redirects after a form. PKCE and the
# state protect the flow.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": OIDC_NAME,
                "client_id": OIDC_CLIENT_ID,
                "secret": OIDC_CLIENT_SECRET,
                "settings": {"server_url": OIDC_URL},
            }
        ]
        if OIDC_URL
        else [],
    }
}
