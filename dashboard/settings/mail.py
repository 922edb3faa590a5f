"""The mail server; without one, mail is printed to the log of `manage.py work`."""

from __future__ import annotations

from dashboard.settings.environment import variables

#: Its name. SLUICE_SMTP_HOST.
EMAIL_HOST = variables.text("SLUICE_SMTP_HOST")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
#: Its port. SLUICE_SMTP_PORT.
EMAIL_PORT = variables.number("SLUICE_SMTP_PORT", 587, 65_535, "a port")
#: `starttls`, `tls` from the first byte, or `off`. SLUICE_SMTP_TLS.
SMTP_TLS = variables.matching(
    "SLUICE_SMTP_TLS", "starttls", "starttls|tls|off", "starttls, tls or off"
)
EMAIL_USE_TLS, EMAIL_USE_SSL = SMTP_TLS == "starttls", SMTP_TLS == "tls"
#: Signs in there. SLUICE_SMTP_USER, SLUICE_SMTP_PASSWORD.
EMAIL_HOST_USER = variables.text("SLUICE_SMTP_USER")
EMAIL_HOST_PASSWORD = variables.text("SLUICE_SMTP_PASSWORD")
EMAIL_TIMEOUT = 15
#: The sender of mail. SLUICE_MAIL_FROM.
DEFAULT_FROM_EMAIL = variables.matching(
    "SLUICE_MAIL_FROM", "sluice@localhost", r"[^\r\n]*[^\s@<>]+@[^\s@<>]+>?", "a mail address"
)
