"""The S3-compatible bucket for modules and undelivered batches of exports."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from dashboard.settings.environment import variables

#: The bucket, and a folder in it if you like: https://s3.eu-central-1.amazonaws.com/bucket/sluice.
#: SLUICE_S3_URL.
S3_URL = variables.text("SLUICE_S3_URL").rstrip("/")
_url = variables.url("SLUICE_S3_URL", "https://host/bucket")
if _url and (len(_url.path) < 2 or _url.query or _url.username):
    raise ImproperlyConfigured("SLUICE_S3_URL: expected https://host/bucket.")
#: Its region. SLUICE_S3_REGION.
S3_REGION = variables.matching("SLUICE_S3_REGION", "us-east-1", "[a-z0-9-]{1,64}", "a region")
#: Who writes there. SLUICE_S3_ACCESS_KEY, SLUICE_S3_SECRET_KEY.
S3_ACCESS_KEY = variables.text("SLUICE_S3_ACCESS_KEY")
S3_SECRET_KEY = variables.text("SLUICE_S3_SECRET_KEY")
if S3_URL and not (S3_ACCESS_KEY and S3_SECRET_KEY):
    raise ImproperlyConfigured("SLUICE_S3_ACCESS_KEY and SLUICE_S3_SECRET_KEY: set both.")
