"""The Django application: apps, middleware, templates."""

from __future__ import annotations

from dashboard.settings.folders import BASE_DIR

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
    "dashboard.sending",
    "dashboard.variables",
    "dashboard.playground",
    "dashboard.edges",
    "dashboard.exports",
    "dashboard.cloud",
    "dashboard.overrides",
    "dashboard.smoketests",
    "dashboard.notifications",
    "dashboard.trail",
    "dashboard.reviews",
    "dashboard.discussion",
    "dashboard.rollouts",
    "dashboard.work",
    "dashboard.installation",
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
                "dashboard.ui.templatetags.components",
                "dashboard.ui.templatetags.cached_include",
                "dashboard.ui.templatetags.versions",
                "dashboard.ui.templatetags.text_filters",
                "dashboard.workers.templatetags.worker_head",
            ],
        },
    }
]

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False
