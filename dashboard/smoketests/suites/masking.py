"""A suite as people who may not act see it: values of secrets masked. Pure."""

from __future__ import annotations

from dashboard.sending import redaction
from dashboard.smoketests.suites.document import Check, CheckRequest, Suite


def masked_suite(suite: Suite) -> Suite:
    """The suite without literal values of secrets; `{{name}}` stays."""
    checks = tuple(masked_check(check) for check in suite.checks)
    return suite.model_copy(update={"checks": checks})


def masked_check(check: Check) -> Check:
    """The check without literal values of secrets."""
    request = check.request
    changed = {name: new for name, old, new in _pieces(request) if new != old}
    if not changed:
        return check
    return check.model_copy(update={"request": request.model_copy(update=changed)})


def literal_secrets(check: Check) -> list[str]:
    """Parts of the request with a literal secret: path, headers, body."""
    return [name for name, old, new in _pieces(check.request) if new != old]


def _pieces(request: CheckRequest) -> list[tuple[str, object, object]]:
    headers = {name: redaction.named(name, value) for name, value in request.headers.items()}
    return [
        ("path", request.path, redaction.target(request.path)),
        ("headers", request.headers, headers),
        ("body", request.body, redaction.body(request.body)),
    ]
