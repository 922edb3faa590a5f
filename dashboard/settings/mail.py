"""The mail server; without one, mail is printed to the log of `manage.py work`. Mail of Workers is
written to a folder, or sent with that server."""

from __future__ import annotations

from pathlib import Path

from dashboard.settings.environment import variables
from dashboard.settings.folders import DATA_DIR

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
#: Mail of Workers: `folder`, or `smtp` for the mail server. SLUICE_WORKER_MAIL.
WORKER_MAIL = variables.matching(
    "SLUICE_WORKER_MAIL",
    "folder",
    "folder|smtp" if EMAIL_HOST else "folder",
    "folder, or smtp with SLUICE_SMTP_HOST",
)
#: SLUICE_WORKER_MAIL_DIR.
WORKER_MAIL_DIR = Path(variables.text("SLUICE_WORKER_MAIL_DIR", str(DATA_DIR / "mail"))).resolve()
