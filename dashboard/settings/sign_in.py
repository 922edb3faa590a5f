"""Passwords, second factors, and the pause after wrong passwords."""

from __future__ import annotations

from datetime import timedelta

from dashboard.settings.addresses import BEHIND_TLS
from dashboard.settings.environment import variables

#: Whether everyone who signs in with a password needs a second factor.
#: SLUICE_REQUIRE_SECOND_FACTOR.
REQUIRE_SECOND_FACTOR = variables.switch("SLUICE_REQUIRE_SECOND_FACTOR", False)
#: A file of passwords from breaches: Pwned Passwords, ordered by hash. SLUICE_BREACHED_PASSWORDS.
BREACHED_PASSWORDS = variables.text("SLUICE_BREACHED_PASSWORDS")

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "workers:list"
LOGOUT_REDIRECT_URL = "login"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # refuses during a pause; grants nothing
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = ["dashboard.accounts.attempts.hashing.PacedHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "email")},
    },
    {"NAME": "dashboard.accounts.passwords.rules.DisguisedWord"},
    {"NAME": "dashboard.accounts.passwords.breached.BreachedPassword"},
]

# Admins invite people; a provider's people come in as `dashboard.accounts.sign_in.openid` decides.
ACCOUNT_ADAPTER = "dashboard.accounts.sign_in.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
# Wrong passwords and codes are counted by dashboard.accounts.attempts, whose answers include the
# wait.
ACCOUNT_RATE_LIMITS = {"login_failed": None}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600  # seconds; then changing a factor needs the password again
MFA_ADAPTER = "dashboard.accounts.sign_in.adapters.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "dashboard.accounts.sign_in.code_forms.LimitedCode",
    "reauthenticate": "dashboard.accounts.sign_in.code_forms.LimitedReauthenticationCode",
    "activate_totp": "dashboard.accounts.sign_in.code_forms.LimitedActivationCode",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# Browsers offer passkeys to https and to localhost only, so this opens nothing but a local trial.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not BEHIND_TLS

# Wrong passwords for one name from one address; other addresses are not affected.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "dashboard.accounts.passwords.login_throttle.address"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=5)
AXES_RESET_ON_SUCCESS = True
# A try during the pause is refused unread, so the pause ends when the page says it does.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
# Stores only what the pause needs, until the next sign-in: no list of sign-ins.
AXES_DISABLE_ACCESS_LOG = True
# Logs the address and no name: some people type their password there.
AXES_SENSITIVE_PARAMETERS = ["username", "csrfmiddlewaretoken"]
AXES_VERBOSE = False
