"""The host that answers `env.AI.run()` of Workers."""

from __future__ import annotations

import re

from django.core.exceptions import ImproperlyConfigured

from dashboard.settings.environment import variables

#: The base of its API, which is OpenAI's: `https://host/v1`. Empty: off. SLUICE_AI_URL.
AI_URL = variables.matching(
    "SLUICE_AI_URL",
    "",
    r"(https?://[A-Za-z0-9_.:\[\]-]+(/[A-Za-z0-9_./-]*)?)?",
    "http(s)://host[:port]/v1",
).rstrip("/")
#: Its key, which only the state process gets. SLUICE_AI_KEY.
AI_KEY = variables.secret("SLUICE_AI_KEY", 1)
_models = variables.text("SLUICE_AI_MODELS")
if not re.fullmatch(r"([^=,\s]+=[^=,\s]+(,[^=,\s]+=[^=,\s]+)*)?", _models):
    raise ImproperlyConfigured(f"SLUICE_AI_MODELS={_models!r}: expected name=name,name=name.")
#: The host's names of models, by those that Workers use; others stay as they are. SLUICE_AI_MODELS.
AI_MODELS = dict(pair.split("=") for pair in _models.split(",") if pair)
