"""Every setting, long because Django reads one flat file and nothing else reads the environment.

A bad value stops the start and names its variable.
"""

from __future__ import annotations

import os
import re
import secrets
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from django.contrib.messages import constants as message_levels
from django.core.exceptions import ImproperlyConfigured

from dashboard.egress.signatures import SecretInvalid, key_of

BASE_DIR = Path(__file__).resolve().parent.parent
NODE_MODULES = BASE_DIR / "node_modules"


def _number(name: str, default: int, most: int, what: str = "a number", least: int = 1) -> int:
    raw = os.environ.get(name, str(default))
    if not raw.isascii() or not raw.isdigit() or not least <= int(raw) <= most:
        raise ImproperlyConfigured(f"{name}={raw!r}: expected {what} from {least} to {most}.")
    return int(raw)


def _matching(name: str, default: str, pattern: str, expected: str) -> str:
    raw = os.environ.get(name, default)
    if not re.fullmatch(pattern, raw):
        raise ImproperlyConfigured(f"{name}={raw!r}: expected {expected}.")
    return raw


def _switch(name: str, default: bool) -> bool:
    raw = os.environ.get(name, "1" if default else "0").lower()
    if raw not in {"0", "1", "true", "false", "yes", "no", "on", "off"}:
        raise ImproperlyConfigured(f"{name}={raw!r}: expected 1 or 0.")
    return raw in {"1", "true", "yes", "on"}


def _generated_once(file: str, variable: str, make: str) -> str:
    """The variable, or a value generated once, in a file that only its owner can read."""
    if given := os.environ.get(variable):
        return given
    path = DATA_DIR / file
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as stream:
        stream.write(make)
    return make


#: Folder for everything a run writes. SLUICE_DATA_DIR.
DATA_DIR = Path(os.environ.get("SLUICE_DATA_DIR", BASE_DIR / ".sluice")).resolve()
try:
    DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o711)
except OSError as error:
    raise ImproperlyConfigured(f"SLUICE_DATA_DIR={str(DATA_DIR)!r}: {error.strerror}.") from error

#: The process to end with, or None. SLUICE_EXIT_WITH_PARENT; SLUICE_PARENT_PID says which, for
#: one that may end before a request for it arrives.
PARENT_PID = (
    int(_matching("SLUICE_PARENT_PID", str(os.getppid()), "[0-9]{1,10}", "a process id"))
    if _switch("SLUICE_EXIT_WITH_PARENT", False)
    else None
)

#: Port of the dashboard and API. SLUICE_HTTP_PORT.
HTTP_PORT = _number("SLUICE_HTTP_PORT", 8000, 65_535, "a port")
#: Address the dashboard and API listen on. SLUICE_HTTP_HOST.
HTTP_HOST = os.environ.get("SLUICE_HTTP_HOST", "127.0.0.1")
#: Connections that the dashboard holds at a time, and of them from one address; an IPv6 /64 counts
#: as one, this machine not at all. SLUICE_HTTP_CONNECTIONS, SLUICE_HTTP_CONNECTIONS_PER_ADDRESS.
HTTP_CONNECTIONS = _number("SLUICE_HTTP_CONNECTIONS", 4000, 50_000, least=64)
HTTP_CONNECTIONS_PER_ADDRESS = _number("SLUICE_HTTP_CONNECTIONS_PER_ADDRESS", 400, 50_000)
#: Port of the demo edge's public listener. SLUICE_EDGE_PORT.
EDGE_PORT = _number("SLUICE_EDGE_PORT", 8787, 65_535, "a port")
#: Workers answer at <name>.<DOMAIN>. SLUICE_DOMAIN.
DOMAIN = _matching(
    "SLUICE_DOMAIN", "localhost", r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", "a lower-case domain name"
)
#: Where people reach these pages, for links in messages: `https://sluice.example.com` behind a TLS
#: proxy. SLUICE_PUBLIC_URL.
PUBLIC_URL = os.environ.get("SLUICE_PUBLIC_URL", "").rstrip("/") or f"http://localhost:{HTTP_PORT}"
if not re.fullmatch(r"https?://[A-Za-z0-9_.:\[\]-]+", PUBLIC_URL):
    raise ImproperlyConfigured(
        f"SLUICE_PUBLIC_URL={PUBLIC_URL!r}: expected http or https://host[:port], no path."
    )
#: Where people reach the edge: `https://<DOMAIN>` behind a TLS proxy. SLUICE_EDGE_PUBLIC_URL.
EDGE_PUBLIC_URL = os.environ.get("SLUICE_EDGE_PUBLIC_URL") or f"http://{DOMAIN}:{EDGE_PORT}"
if not re.fullmatch(rf"https?://{re.escape(DOMAIN)}(:[1-9][0-9]{{0,4}})?", EDGE_PUBLIC_URL):
    raise ImproperlyConfigured(
        f"SLUICE_EDGE_PUBLIC_URL={EDGE_PUBLIC_URL!r}: expected http or https://{DOMAIN}, or "
        "with a port, and no path."
    )
#: The one account of the Cloudflare-compatible API. SLUICE_ACCOUNT_ID.
ACCOUNT_ID = _generated_once("account_id", "SLUICE_ACCOUNT_ID", secrets.token_hex(16))
if not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", ACCOUNT_ID):
    raise ImproperlyConfigured(
        f"SLUICE_ACCOUNT_ID={ACCOUNT_ID!r}: expected letters, digits, - or _."
    )
#: Signs sessions and seals secrets; losing it loses them. SLUICE_SECRET_KEY.
SECRET_KEY = _generated_once("secret_key", "SLUICE_SECRET_KEY", secrets.token_urlsafe(48))
if len(SECRET_KEY) < 32:
    raise ImproperlyConfigured("SLUICE_SECRET_KEY: expected at least 32 characters.")
#: The one before it, which still opens what it sealed and signed. SLUICE_SECRET_KEY_PREVIOUS.
_previous = os.environ.get("SLUICE_SECRET_KEY_PREVIOUS", "")
SECRET_KEY_FALLBACKS = [_previous] if _previous else []
if _previous and len(_previous) < 32:
    raise ImproperlyConfigured("SLUICE_SECRET_KEY_PREVIOUS: expected at least 32 characters.")
#: Name of the admin that the first run makes. SLUICE_ADMIN_USER.
ADMIN_USER = _matching(
    "SLUICE_ADMIN_USER", "admin", r"[\w.@+-]{1,150}", "letters, digits and @.+-_"
)
#: Password of that admin; generated and printed once when unset. SLUICE_ADMIN_PASSWORD.
ADMIN_PASSWORD = os.environ.get("SLUICE_ADMIN_PASSWORD") or None
#: Whether a first run uploads the demo Workers. SLUICE_DEMO.
DEMO = _switch("SLUICE_DEMO", True)
#: Extra host names the dashboard answers to, comma separated. SLUICE_ALLOWED_HOSTS.
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"] + [
    host for host in os.environ.get("SLUICE_ALLOWED_HOSTS", "").split(",") if host
]
#: The dashboard is served over https by a proxy in front of it. SLUICE_BEHIND_TLS.
BEHIND_TLS = _switch("SLUICE_BEHIND_TLS", False)
#: Django's debug pages; never in production. SLUICE_DEBUG.
DEBUG = _switch("SLUICE_DEBUG", False)
#: What Prometheus sends to scrape /metrics, beside API tokens that may read. SLUICE_METRICS_TOKEN.
METRICS_TOKEN = os.environ.get("SLUICE_METRICS_TOKEN", "")
if METRICS_TOKEN and len(METRICS_TOKEN) < 16:
    raise ImproperlyConfigured("SLUICE_METRICS_TOKEN: expected at least 16 characters.")
#: Hosts that exports, hooks and guardrails may reach, comma separated. SLUICE_EXPORT_HOSTS.
EXPORT_HOSTS = frozenset(
    host.strip().lower().strip("[]")
    for host in os.environ.get("SLUICE_EXPORT_HOSTS", "localhost,127.0.0.1,::1").split(",")
    if host.strip()
)
for _host in EXPORT_HOSTS:
    if not re.fullmatch(r"[a-z0-9_.:-]{1,253}", _host):
        raise ImproperlyConfigured(f"SLUICE_EXPORT_HOSTS: {_host!r} is no host name.")
#: The Prometheus that guardrails of rollouts ask by default. SLUICE_PROMETHEUS_URL.
PROMETHEUS_URL = os.environ.get("SLUICE_PROMETHEUS_URL", "")
if PROMETHEUS_URL:
    _prometheus = urlsplit(PROMETHEUS_URL)
    if _prometheus.scheme not in {"http", "https"} or not _prometheus.hostname:
        raise ImproperlyConfigured("SLUICE_PROMETHEUS_URL: expected http://host:port.")
    if _prometheus.hostname not in EXPORT_HOSTS:
        raise ImproperlyConfigured(
            f"SLUICE_PROMETHEUS_URL: add {_prometheus.hostname} to SLUICE_EXPORT_HOSTS first."
        )
#: How many days rollups by minute, hour and day stay. SLUICE_KEEP_MINUTES, _HOURS, _DAYS.
KEEP_MINUTES = _number("SLUICE_KEEP_MINUTES", 2, 36_500, "a number of days")
KEEP_HOURS = _number("SLUICE_KEEP_HOURS", 35, 36_500, "a number of days")
KEEP_DAYS = _number("SLUICE_KEEP_DAYS", 400, 36_500, "a number of days")
#: Days that the lines of ended rollouts are stored. SLUICE_KEEP_ROLLOUTS.
KEEP_ROLLOUTS = _number("SLUICE_KEEP_ROLLOUTS", 400, 36_500, "a number of days")
#: Days after which a version at 0% counts as forgotten. SLUICE_EXPIRE_STAGED_DAYS.
EXPIRE_STAGED_DAYS = _number("SLUICE_EXPIRE_STAGED_DAYS", 7, 36_500, "a number of days")
#: Days that entries of the audit trail stay; 0 for ever. SLUICE_KEEP_AUDIT.
KEEP_AUDIT = _number("SLUICE_KEEP_AUDIT", 0, 36_500, "a number of days", least=0)
#: How many days runs of checks, and the answers they received, are stored.
#: SLUICE_KEEP_CHECK_RUNS, _CHECK_EVIDENCE.
KEEP_CHECK_RUNS = _number("SLUICE_KEEP_CHECK_RUNS", 400, 36_500, "a number of days")
KEEP_CHECK_EVIDENCE = _number("SLUICE_KEEP_CHECK_EVIDENCE", 30, 36_500, "a number of days")
#: Requests that one person may send from the playground in a minute. SLUICE_PLAYGROUND_PER_MINUTE.
PLAYGROUND_PER_MINUTE = _number("SLUICE_PLAYGROUND_PER_MINUTE", 1200, 1_000_000)
#: Requests that one API token may make in a minute. SLUICE_API_PER_MINUTE.
API_PER_MINUTE = _number("SLUICE_API_PER_MINUTE", 1200, 1_000_000)
#: Where spans go, as http://127.0.0.1:4318; nowhere when unset. SLUICE_OTLP_ENDPOINT.
OTLP_ENDPOINT = os.environ.get("SLUICE_OTLP_ENDPOINT", "")
if OTLP_ENDPOINT:
    _otlp = urlsplit(OTLP_ENDPOINT)
    if _otlp.scheme not in {"http", "https"} or not _otlp.hostname or _otlp.query or _otlp.username:
        raise ImproperlyConfigured("SLUICE_OTLP_ENDPOINT: expected http://host:port.")
    if _otlp.hostname not in EXPORT_HOSTS:
        raise ImproperlyConfigured(
            f"SLUICE_OTLP_ENDPOINT: add {_otlp.hostname} to SLUICE_EXPORT_HOSTS first."
        )
#: Where each entry of the audit trail is sent, signed. SLUICE_AUDIT_WEBHOOK_URL.
AUDIT_WEBHOOK_URL = os.environ.get("SLUICE_AUDIT_WEBHOOK_URL", "")
#: Signs it: whsec_ and the base64 of 24 to 64 random bytes. SLUICE_AUDIT_WEBHOOK_SECRET.
AUDIT_WEBHOOK_SECRET = os.environ.get("SLUICE_AUDIT_WEBHOOK_SECRET", "")
if AUDIT_WEBHOOK_URL:
    _webhook = urlsplit(AUDIT_WEBHOOK_URL)
    if _webhook.scheme not in {"http", "https"} or not _webhook.hostname or _webhook.username:
        raise ImproperlyConfigured("SLUICE_AUDIT_WEBHOOK_URL: expected https://host/path.")
    if _webhook.hostname not in EXPORT_HOSTS:
        raise ImproperlyConfigured(
            f"SLUICE_AUDIT_WEBHOOK_URL: add {_webhook.hostname} to SLUICE_EXPORT_HOSTS first."
        )
    try:
        key_of(AUDIT_WEBHOOK_SECRET)
    except SecretInvalid as error:
        raise ImproperlyConfigured(
            "SLUICE_AUDIT_WEBHOOK_SECRET: expected whsec_ and the base64 of 24 to 64 random bytes."
        ) from error
#: Whether everybody who signs in with a password needs a second factor.
#: SLUICE_REQUIRE_SECOND_FACTOR.
REQUIRE_SECOND_FACTOR = _switch("SLUICE_REQUIRE_SECOND_FACTOR", False)
#: After how many minutes without a click a session ends; never when unset. SLUICE_IDLE_MINUTES.
IDLE_LIMIT = (
    timedelta(minutes=_number("SLUICE_IDLE_MINUTES", 30, 720, "a number of minutes"))
    if os.environ.get("SLUICE_IDLE_MINUTES")
    else None
)
#: A file of passwords from breaches: Pwned Passwords, ordered by hash. SLUICE_BREACHED_PASSWORDS.
BREACHED_PASSWORDS = os.environ.get("SLUICE_BREACHED_PASSWORDS", "")
#: Hours after which a session ends, active or not. SLUICE_SESSION_HOURS.
SESSION_LIMIT = timedelta(hours=_number("SLUICE_SESSION_HOURS", 24, 720, "a number of hours"))
#: An OpenID Connect provider that people may sign in with: the address of its issuer, what its
#: button says, and the client that it knows Sluice as.
#: SLUICE_OIDC_URL, SLUICE_OIDC_NAME, SLUICE_OIDC_CLIENT_ID, SLUICE_OIDC_CLIENT_SECRET.
OIDC_URL = os.environ.get("SLUICE_OIDC_URL", "").rstrip("/")
OIDC_NAME = os.environ.get("SLUICE_OIDC_NAME", "single sign-on")
OIDC_CLIENT_ID = os.environ.get("SLUICE_OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = os.environ.get("SLUICE_OIDC_CLIENT_SECRET", "")
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
OIDC_ROLES = os.environ.get("SLUICE_OIDC_ROLES", "")
OIDC_ROLE_CLAIM = os.environ.get("SLUICE_OIDC_ROLE_CLAIM", "groups")
OIDC_DEFAULT_ROLE = _matching(
    "SLUICE_OIDC_DEFAULT_ROLE", "viewer", "none|viewer|operator|reviewer|admin", "a role or none"
)
#: After how many hours a session through the provider ends: then it confirms the person again.
#: SLUICE_OIDC_SESSION_HOURS.
OIDC_SESSION_LIMIT = timedelta(
    hours=_number("SLUICE_OIDC_SESSION_HOURS", 12, 720, "a number of hours")
)
#: After how many days without a sign-in there a person's API tokens stop until the next one; 0 is
#: never. SLUICE_OIDC_CONFIRM_DAYS.
_confirm_days = _number("SLUICE_OIDC_CONFIRM_DAYS", 30, 3_650, "a number of days", least=0)
OIDC_CONFIRM_LIMIT = timedelta(days=_confirm_days) if _confirm_days else None
#: How strong a sign-in there has to be: values of `acr`, comma separated; any when unset.
#: SLUICE_OIDC_ACR.
OIDC_ACR = frozenset(
    filter(None, os.environ.get("SLUICE_OIDC_ACR", "").replace(" ", "").split(","))
)
#: How many minutes ago the person may have proved there who they are (`max_age`); any when unset.
#: SLUICE_OIDC_MAX_AGE_MINUTES.
OIDC_MAX_AGE = (
    timedelta(minutes=_number("SLUICE_OIDC_MAX_AGE_MINUTES", 60, 43_200, "a number of minutes"))
    if os.environ.get("SLUICE_OIDC_MAX_AGE_MINUTES")
    else None
)
#: Size of a log of `make run` from which it is put aside, in MB, and how many older ones stay.
#: SLUICE_LOG_MB, SLUICE_LOG_FILES.
LOG_BYTES = _number("SLUICE_LOG_MB", 10, 10_000, "a number of MB") * 1_000_000
LOG_FILES = _number("SLUICE_LOG_FILES", 3, 100, "a number of files", least=0)
#: Largest upload the API takes, in bytes (spec of the API: 25 MB).
UPLOAD_LIMIT = 25 * 1024 * 1024

#: The mail server; without one, mail is printed to the log of `manage.py work`. SLUICE_SMTP_HOST.
EMAIL_HOST = os.environ.get("SLUICE_SMTP_HOST", "")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
#: Its port. SLUICE_SMTP_PORT.
EMAIL_PORT = _number("SLUICE_SMTP_PORT", 587, 65_535, "a port")
#: `starttls`, `tls` from the first byte, or `off`. SLUICE_SMTP_TLS.
SMTP_TLS = _matching("SLUICE_SMTP_TLS", "starttls", "starttls|tls|off", "starttls, tls or off")
EMAIL_USE_TLS, EMAIL_USE_SSL = SMTP_TLS == "starttls", SMTP_TLS == "tls"
#: Signs in there. SLUICE_SMTP_USER, SLUICE_SMTP_PASSWORD.
EMAIL_HOST_USER = os.environ.get("SLUICE_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("SLUICE_SMTP_PASSWORD", "")
EMAIL_TIMEOUT = 15
#: Who mail is from. SLUICE_MAIL_FROM.
DEFAULT_FROM_EMAIL = _matching(
    "SLUICE_MAIL_FROM", "sluice@localhost", r"[^\r\n]*[^\s@<>]+@[^\s@<>]+>?", "a mail address"
)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "channels",
    "django_htmx",
    "template_partials",
    "csp",
    "axes",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "routing",
    "dashboard.ui",
    "dashboard.accounts",
    "dashboard.live",
    "dashboard.observability",
    "dashboard.workers",
    "dashboard.variables",
    "dashboard.playground",
    "dashboard.edges",
    "dashboard.exports",
    "dashboard.overrides",
    "dashboard.smoketests",
    "dashboard.notifications",
    "dashboard.trail",
    "dashboard.reviews",
    "dashboard.discussion",
    "dashboard.rollouts",
    "dashboard.work",
    "dashboard.api",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "dashboard.ui.http.response_headers.headers_middleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "dashboard.trail.middleware.trail_middleware",
    "dashboard.ui.http.compression.CompressPages",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "dashboard.ui.http.slashes.PageSlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dashboard.accounts.last_seen_middleware.LoginAndSeenMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "dashboard.urls"
ASGI_APPLICATION = "dashboard.asgi.application"
APPEND_SLASH = False  # `PageSlashMiddleware` does it, for pages alone

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.ui.context.shell",
                "dashboard.notifications.inbox.bell",
            ],
            # Ours and the partials', so that no template has to load them.
            "builtins": [
                "template_partials.templatetags.partials",
                "dashboard.ui.templatetags.assets",
                "dashboard.ui.templatetags.api_setup",
                "dashboard.ui.templatetags.icons",
                "dashboard.ui.templatetags.cached_include",
                "dashboard.ui.templatetags.versions",
                "dashboard.ui.templatetags.text_filters",
                "dashboard.workers.templatetags.worker_head",
            ],
        },
    }
]

#: DATABASE_URL; SQLite in the data folder when unset. Errors name the scheme only: the rest of the
#: address may hold a password.
DATABASE_URL = os.environ.get("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'sluice.sqlite3'}"
_scheme = DATABASE_URL.partition(":")[0]
if _scheme not in {"sqlite", "postgres", "postgresql"}:
    raise ImproperlyConfigured(
        f"DATABASE_URL begins with {_scheme!r}: expected sqlite:///file or postgresql://host/name."
    )
try:
    DATABASES = {"default": dj_database_url.parse(DATABASE_URL)}
except ValueError as error:
    raise ImproperlyConfigured(
        "DATABASE_URL: expected postgresql://user@host:port/name."
    ) from error
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a writer waits its turn at BEGIN instead of failing in the middle of a transaction.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }

#: REDIS_URL; one process's memory when unset.
REDIS_URL = os.environ.get("REDIS_URL", "")
if REDIS_URL and urlsplit(REDIS_URL).scheme not in {"redis", "rediss", "unix"}:
    raise ImproperlyConfigured(f"REDIS_URL={REDIS_URL!r}: expected redis://host:port/db.")
# The layer waits 5 s for a message at a time, and redis-py by default ends a read after 5 s, which
# would end every idle WebSocket (channels_redis, issue 422). One immediate retry is for connections
# that a restart of Redis left dead in the pool.
REDIS_HOST = {
    "address": REDIS_URL,
    "socket_timeout": 15,
    "socket_connect_timeout": 2,
    "retry_on_error": [ConnectionError],
}
CHANNEL_LAYERS = {
    "default": (
        {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [REDIS_HOST]}}
        if REDIS_URL
        else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    )
}

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
ACCOUNT_EMAIL_VERIFICATION = SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
# Wrong passwords and codes are counted by dashboard.accounts.attempts, which says how long to wait.
ACCOUNT_RATE_LIMITS = {"login_failed": None}
ACCOUNT_REAUTHENTICATION_TIMEOUT = (
    600  # seconds: after that, changing a factor asks for proof again
)
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
SOCIALACCOUNT_ADAPTER = "dashboard.accounts.sign_in.openid.OpenIdAdapter"
# A link instead of a form: `form-action` of the CSP also stops redirects after a form. PKCE and the
# state protect the flow.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_STORE_TOKENS = False
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
# The log tells the address, and no name: some type their password there.
AXES_SENSITIVE_PARAMETERS = ["username", "csrfmiddlewaretoken"]
AXES_VERBOSE = False
SILENCED_SYSTEM_CHECKS = [
    "axes.W002",  # the sign-in page says the pause itself, so no other page needs the middleware
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
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

# Larger bodies go to disk while they arrive.
FILE_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
# Uploads are parsed by dashboard.api (PUT and nested file names); asgi.py enforces the size.
DATA_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_LIMIT + 1024 * 1024

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
#: Tones of tones.css; the others have none.
MESSAGE_TAGS = {
    message_levels.INFO: "",
    message_levels.SUCCESS: "",
    message_levels.WARNING: "warn",
    message_levels.ERROR: "danger",
}
MESSAGE_STORAGE = "dashboard.ui.http.message_storage.MessageStorage"
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    # For a year browsers would refuse Workers that answer over http below the dashboard's host.
    _host = urlsplit(PUBLIC_URL).hostname or ""
    _workers_below = f".{DOMAIN}".endswith(f".{_host}")
    SECURE_HSTS_INCLUDE_SUBDOMAINS = not (_workers_below and EDGE_PUBLIC_URL.startswith("http:"))
    SILENCED_SYSTEM_CHECKS += [
        # The proxy redirects people to https. Edges and `/healthz` speak http on this machine.
        "security.W008",
        # Browsers' preload lists are for the owner of the domain to decide.
        "security.W021",
        # See above: only where it would cut off Workers.
        *([] if SECURE_HSTS_INCLUDE_SUBDOMAINS else ["security.W005"]),
    ]

#: How the processes log: `text`, or `json` for programs. SLUICE_LOG_FORMAT.
LOG_FORMAT = _matching("SLUICE_LOG_FORMAT", "text", "text|json", "text or json")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "routing.log_lines.formatter_for", "form": LOG_FORMAT}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # httpx would write down every URL, and those of log exports may hold secrets.
    # django-axes tells each sign-in several times; a wrong password and a pause are warnings.
    "loggers": {
        "httpx": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        "fido2": {"level": "WARNING"},
        # Its own lines have no time; the application's settings come after its own.
        "uvicorn": {"handlers": ["stderr"], "propagate": False},
    },
}
