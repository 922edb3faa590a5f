"""Texts of the Cloudflare-compatible API; Sluice's own API shares some.

Those that clients look for are quoted from Cloudflare, and marked so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from routing.control.edge_groups import CutCall

# --- Authentication -----------------------------------------------------------------------------

NOT_AN_ACCOUNT_TOKEN = (
    "Invalid API Token. This token belongs to a person; use GET /user/tokens/verify."
)
NO_TOKEN = "Send an API token: Authorization: Bearer <token>."
UNAUTHORIZED = "Unauthorized to access requested resource"  # Cloudflare's


def unauthorized(reason: str) -> str:
    return f"Unauthorized: {reason}"


def token_revoked(on: datetime | None) -> str:
    return f"this token was revoked on {on:%Y-%m-%d}. {_NEW_TOKEN}"


def token_expired(on: datetime | None) -> str:
    return f"this token expired on {on:%Y-%m-%d}. {_NEW_TOKEN}"


def account_switched_off(username: str) -> str:
    return f"the account of {username} is switched off. {_NEW_TOKEN}"


_NEW_TOKEN = "People & tokens makes a new one."


def confirmation_lapsed(username: str, provider: str, days: int) -> str:
    return (
        f"{username} has not signed in with {provider} for {days} days. The token works again "
        "after the next sign-in."
    )


def scope_needed(scope: str, role: str) -> str:
    return f"This takes the token scope '{scope}' and an owner with the role '{role}' or higher."


def other_worker(allowed: Sequence[str], worker: str) -> str:
    return f"This token changes only {', '.join(allowed)}, not {worker or 'all Workers'}."


# --- Paths and bodies ---------------------------------------------------------------------------

NUL_IN_QUERY = "The query string holds a NUL character."
BODY_TOO_LARGE = "The body is larger than this server reads. Send less at a time."
TOO_MANY_UPLOADS = "Too many large uploads at a time. Try again soon."
EXPECTED_MULTIPART = "Expected a multipart/form-data body."
UNKNOWN_ERROR = "An unknown error has occurred. The server's log says more."


def no_route(path: str) -> str:
    """Cloudflare's text."""
    return f"Could not route to {path}, perhaps your object identifier is invalid?"


def method_not_allowed(method: str | None) -> str:
    return f"Method {method} is not allowed here."


def upload_too_large(megabytes: float) -> str:
    return f"The upload is too large: the limit is {megabytes:g} MB in all."


def multipart_unreadable(error: object) -> str:
    return f"The multipart body cannot be read: {error}."


def one_part_expected(name: str, count: int) -> str:
    return f"Expected one part called {name}; there are {count}."


def module_name_invalid(longest: int) -> str:
    return f"A module needs a name of 1 to {longest} printable characters."


def content_type_too_long(module: str) -> str:
    return f"The content type of module {module!r} is too long."


def module_twice(module: str) -> str:
    return f"Two modules are called {module!r}."


def json_too_deep(what: str) -> str:
    return f"{what} is nested too deeply."


def json_not_utf8(what: str) -> str:
    return f"{what} is not UTF-8 text."


def json_invalid(what: str, problem: str, line: int, column: int) -> str:
    return f"{what} is not JSON: {problem} at line {line} column {column}."


def json_number_unreadable(what: str) -> str:
    return f"{what} holds a number that cannot be read."


def json_holds_nul(what: str) -> str:
    return f"{what} holds a NUL character."


def json_not_unicode(what: str, where: str) -> str:
    return (
        f"{what} holds text that is not valid Unicode{f' at {where}' if where else ''}: "
        "bytes that are not UTF-8, or half of a character."
    )


def json_name_twice(name: str) -> str:
    return f"The name {name[:100]!r} is in one JSON object twice."


def json_constant(name: str) -> str:
    return f"{name} is not JSON."


# --- Workers, versions, deployments -------------------------------------------------------------

NO_WORKER = "This Worker does not exist on your account."  # Cloudflare's
NO_SERVICE = "workers.api.error.service_not_found"  # Cloudflare's
NO_VERSION = (  # Cloudflare's
    "The requested Worker version could not be found, "
    "please check the ID being passed and try again."
)
NO_VERSIONS = "There are currently no uploaded versions of this Worker."  # Cloudflare's
NO_DEPLOYMENT = "This deployment does not exist on this Worker."
ONLY_PERCENTAGE = "The only strategy is 'percentage'."
DEPLOYMENTS_STAY = "Deployments are never deleted while their Worker exists."
VERSIONS_STAY = "Versions are never deleted while their Worker exists."
VERSIONS_IMMUTABLE = "Versions are never changed; only 'latest' can be copied with changes."
TAG_TOO_LONG = "A tag has at most 100 bytes."
ONE_PROGRAM = (
    "The metadata must name one part as the program: main_module for an ES module, "
    "body_part for service-worker syntax."
)
NOT_FULLY_LIVE = (  # Cloudflare's first sentence
    "Secret edit failed. You attempted to modify a secret, but the latest version of your "
    "Worker isn't currently deployed at 100%. Deploy it fully first, or make a version "
    "that is not deployed: wrangler versions secret put."
)


def worker_is_bound(worker: str, callers: Sequence[str]) -> str:
    return (
        f"{worker} is bound by {', '.join(callers)}. Deploy versions without that "
        "service binding first, or delete with force=true."
    )


def worker_keeps_name(name: str) -> str:
    return f"A Worker keeps its name: this one is {name}."


def live_since(conflict: str, since: datetime, split: str) -> str:
    return f"{conflict} Live since {since:%Y-%m-%d %H:%M:%S} UTC: {split}. Read it, then retry."


def cut_call(call: CutCall) -> str:
    where = "on every edge" if call.missing == ("*",) else f"in {', '.join(call.missing)}"
    return (
        f"Service binding {call.binding}: {call.target} does not run {where}, where {call.caller} "
        "does. Calls fail there."
    )


def older_date(requested: str, running: str) -> str:
    return (
        f"Compatibility date {requested}: this server runs the Worker with {running}, "
        "the newest date that it supports."
    )


def alias_invalid(alias: str, worker: str) -> str:
    return (
        f"Alias {alias!r}: lower-case letters, digits and dashes, starting with a letter, "
        f"and with '-{worker}' at most 63 characters."
    )


def no_such_module(name: str, uploaded: Sequence[str]) -> str:
    listed = ", ".join(map(repr, uploaded[:10])) or "none"
    return f"No such module {name!r}; uploaded are: {listed}."


def not_base64(module: str) -> str:
    return f"Module {module[:100]!r}: content_base64 is not base64."


# --- Bindings and secrets -----------------------------------------------------------------------

BINDING_WITHOUT_NAME = "Every binding needs a name."


def nothing_to_inherit(name: str) -> str:
    return f"inherit binding '{name}' is invalid: the latest version has none to inherit."


def service_unresolved(binding: str, problem: object) -> str:
    return f"Could not resolve service binding '{binding}'. {problem}"


def too_many_bindings(count: int, most: int) -> str:
    return f"{count} bindings; a version has at most {most}."


def binding_twice(name: str) -> str:
    return f"Binding {name!r} is listed twice."


def binding_refused(name: str, refusal: str) -> str:
    return f'Binding "{name}": {refusal}'


def binding_invalid(name: str, problem: str) -> str:
    return f"Binding {name!r}: {problem}."


def binding_needs_type(name: str) -> str:
    return f"Binding {name!r} needs a type."


def binding_needs_text(name: str, field: str) -> str:
    return f"Binding {name!r} needs {field}, as text."


def binding_needs_json(name: str) -> str:
    return f"Binding {name!r} needs json."


def binding_field_unsupported(name: str, field: str) -> str:
    return f"Binding {name!r}: {field} is not supported."


def binding_delay(name: str) -> str:
    return (
        f"Binding {name!r}: delivery_delay is not supported here. Set it on the queue: "
        "wrangler queues update <name> --delivery-delay-secs <n>."
    )


def only_production(name: str) -> str:
    return f"Binding {name!r}: the only environment is production."


def inherit_options(name: str) -> str:
    return (
        f"Binding {name!r}: inherit takes the binding of the same name from the latest "
        "version; old_name and version_id are not supported."
    )


def binding_too_large(name: str, size: int, limit: int) -> str:
    return f"Binding {name!r} is {size} bytes; the limit is {limit}."


def no_binding_to_keep(name: object) -> str:
    return f"The latest version has no binding {name!r} to keep."


def no_secret(name: str) -> str:
    return f"Secret {name[:200]!r} does not exist on this Worker."


def only_secret_text(name: str) -> str:
    return f"Secret {name!r}: the only type is secret_text."


def name_is_taken(name: str, kind: str) -> str:
    return f"{name!r} is a {kind} binding already; choose another name."


# --- Not supported ------------------------------------------------------------------------------


def binding_needs_object(name: str, field: str) -> str:
    return f"Binding {name!r}: {field!r} must be an object."


NO_CONSUMER_NAMESPACE = "Tail Workers in dispatch namespaces are not supported."
NO_STREAMING_TAILS = "Streaming Tail Workers are not supported: use tail_consumers."
NO_EDGE_LOG_DELIVERY = "Edge log delivery is not supported: leave `kind` empty."
NO_JOB = "This job does not exist."
UNSUPPORTED_FIELDS = {
    "containers": "Containers are not supported.",
    "exports": "Declared exports are not supported: leave out exports, and use migrations.",
}
NO_OBJECT_NAMESPACE = "No Durable Object namespace has this id."
MIGRATE_WITH_UPLOAD = "Send migrations with an upload (wrangler deploy)."


def binding_needs_class(name: str) -> str:
    return f"Binding {name!r} needs class_name or namespace_id."


def objects_are_bound(worker: str, callers: Sequence[str]) -> str:
    return (
        f"Durable Objects of {worker} are bound by {', '.join(callers)}. "
        "Remove those bindings first, or delete with force=true."
    )


def has_objects(worker: str, classes: Sequence[str]) -> str:
    return (
        f"Deleting {worker} deletes its Durable Objects with all their data "
        f"({', '.join(classes)}). To do so, delete with force=true (wrangler delete --force)."
    )


DOMAIN_SWITCHES = (
    "A custom domain is always enabled here, and has no preview URLs: leave out enabled and "
    "previews_enabled."
)
NO_DOMAIN = "This custom domain does not exist on your account."
NO_ROUTE = "This route does not exist in the zone."
NO_ZONE_ID = "This zone does not exist on your account."


def host_stays_on(host: str) -> str:
    return f"{host} stays switched on."


def no_dataset(name: str, only: str) -> str:
    return f"There is no dataset {name[:60]!r}; only {only}."
