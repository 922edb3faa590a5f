"""The binding `ai`: workerd's own, in front of the state process, which calls the AI host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from routing.compile import names
from routing.compile.workerd.services import external
from routing.snapshot import BindingSpec
from routing.state_access import HEADER

TYPE = KIND = "ai"
"""As uploads spell the type of binding, and of the capability, whose id is the Worker."""
FIELDS = ()
_Object = dict[str, Any]


def bind_ai(binding: BindingSpec) -> tuple[_Object, list[_Object]]:
    """The binding, and the service that it needs in the same process."""
    service = f"ai:{binding.name}"
    header = binding.secret.reveal() if binding.secret else ""
    http = {"injectRequestHeaders": [{"name": HEADER, "value": header}]}
    wrapped = {
        "moduleName": "cloudflare-internal:ai-api",
        "innerBindings": [{"name": "fetcher", "service": {"name": service}}],
    }
    return {"name": binding.name, "wrapped": wrapped}, [external(service, names.STATE_SOCKET, http)]


def problem_of(options: Mapping[str, Any]) -> str:
    """It has no options."""
    return f"{sorted(options)[0]} is no option" if options else ""


def as_text(options: Mapping[str, Any]) -> str:
    return ""


def from_text(text: str) -> _Object:
    """Text gives an option that does not exist."""
    return {text.strip()[:40]: None} if text.strip() else {}
