"""Why a change was refused, in words: for the API, the pages, wrangler and the command line."""

from __future__ import annotations

from collections.abc import Sequence

from routing.rules.addresses.pattern import PatternProblem
from routing.rules.cron import CronInvalid
from routing.rules.split import SplitRefused

# --- Deploying ----------------------------------------------------------------------------------


def split_refused(error: SplitRefused) -> str:
    """The sentence of a `SplitRefused`, with what to do."""
    return _SPLIT[error.code].format(**error.facts)


_SPLIT = {
    "count": "A deployment has one or two versions; {count} are listed.",
    "duplicate": (
        "Version {version} is listed twice. List two different versions, or this one alone at 100."
    ),
    "single": (
        "One version alone must have 100%, not {percentage}. "
        "Give it 100, or list the version that takes the rest."
    ),
    "range": "The percentage of {version} must be a number from 0 to 100, not {value}.",
    "decimals": (
        "The percentage of {version} has more than three decimals: {value}. Write {rounded}."
    ),
    "sum": "The percentages add up to {sum}, not 100%: {verb} one of them by {difference}.",
}


def cron_invalid(error: CronInvalid) -> str:
    """The sentence of a `CronInvalid`, with what to do."""
    return _CRON[error.code].format(**error.facts)


_CRON = {
    "length": "A cron expression has at most {high} characters.",
    "count": (
        "A cron expression has five fields (minute, hour, day of month, month, day of week); "
        '"{text}" has {count}.'
    ),
    "value": 'The {field} must be from {low} to {high}, not "{text}".',
    "step": 'The step of the {field} must be from 1 to {high}, not "{text}".',
    "part": 'In the {field}, "{text}" cannot be part of a list. Use one schedule for each.',
    "never": '"{text}" never runs: no month has such a day.',
}


def too_many_schedules(limit: int, others: int) -> str:
    return f"There can be {limit} cron triggers in all; other Workers have {others}."


def not_expected(active_id: object, author: str, source: str) -> str:
    """`active_id` is None if there is no deployment; `author` "" for the system's own."""
    active = f"deployment {active_id} by {author or 'the system'} via {source}"
    live = active if active_id else "no deployment"
    return f"The active deployment is not the expected one: it is {live}."


def no_assets_to_bind(name: str) -> str:
    return (
        f'Binding "{name}" is for static assets, and this version has none. Upload the files with '
        "an upload session and name it in the metadata, or send keep_assets."
    )


def no_version(version_id: str) -> str:
    return f"No version has the id {version_id}."


def other_workers_version(version_id: str, owner: str, worker: str) -> str:
    return f"Version {version_id} belongs to the Worker {owner}, not {worker}."


def too_old(version_id: str, number: int, worker: str, limit: int) -> str:
    return (
        f"Version {version_id} (#{number}) is older than the {limit} most recent versions of "
        f"{worker}, and neither live nor the last one that had 100%: only those can be deployed. "
        "Upload it again."
    )


def secrets_changed(version_id: object, number: int, newest: int, names: Sequence[str]) -> str:
    return (
        f"Version {version_id} (#{number}) is older than #{newest}, which is live, and was "
        "uploaded with other secrets. Deploy with force to consent. "
        # wrangler looks for the names behind exactly these words.
        f"The following secrets have changed: {', '.join(names)}"
    )


# --- Uploading ----------------------------------------------------------------------------------

NO_WORKER = "This Worker does not exist on your account."
BINDINGS_CHANGED = "The bindings to inherit changed during the upload. Upload it again."


def worker_name_invalid(name: str) -> str:
    return (
        f"{name[:80]!r} is not a Worker name: 1 to 63 of a-z, 0-9, '-' and '_', "
        "starting and ending with a letter or digit."
    )


def worker_exists(name: str) -> str:
    return f"A Worker called {name} exists already."


def version_in_between(number: int, version_id: object) -> str:
    return f"Meanwhile version #{number} ({version_id}) was uploaded. {_TRY_AGAIN}"


_TRY_AGAIN = "Nothing was changed; try again."
DELETED_IN_BETWEEN = f"Meanwhile it was deleted. {_TRY_AGAIN}"


def date_in_future(date: str, latest: str) -> str:
    return f"The compatibility date {date} is in the future. Use {latest}."


def alias_taken(alias: str, worker: str) -> str:
    return f"Alias {alias!r}: the Worker {worker} has that address. Choose another alias."


def nothing_to_inherit(names: Sequence[str]) -> str:
    quoted = ", ".join(f"'{name}'" for name in names)
    return f"The latest version has no binding {quoted} to inherit."


def cannot_copy(names: Sequence[str]) -> str:
    return (
        "Encrypted with another SLUICE_SECRET_KEY, so they cannot be copied: "
        f"{', '.join(names)}. Set them again in the same change (wrangler secret bulk)."
    )


def service_unresolved(binding: str, problem: object) -> str:
    return f"Could not resolve service binding '{binding}'. {problem}"


def no_target(service: str, entrypoint: str) -> str:
    if not entrypoint:
        return f"Target script '{service}' not found. Deploy it first."
    return (
        f"Target script '{service}' exports no entrypoint '{entrypoint}'. Deploy a "
        "version of it that does, or correct the name."
    )


# --- Addresses ----------------------------------------------------------------------------------


def bad_pattern(text: str, problem: PatternProblem) -> str:
    return f"{text[:200]!r} is not a route: {_PATTERN[problem]}"


_PATTERN = {
    PatternProblem.empty: "type a pattern such as example.com/*.",
    PatternProblem.too_long: "it is longer than 1,024 characters.",
    PatternProblem.scheme: "the scheme is http:// or https://, or none for both.",
    PatternProblem.port: "leave out the port.",
    PatternProblem.query: "a route has no query; end it with * to match URLs with one.",
    PatternProblem.fragment: "leave out the # and what follows.",
    PatternProblem.host_wildcard: "a * in the host is allowed at its start only.",
    PatternProblem.host: "it needs a host name of a zone, such as www.example.com.",
    PatternProblem.path_wildcard: "a * in the path is allowed at its end only.",
    PatternProblem.path: "percent-encode spaces and other characters in the path.",
}


def bad_host(text: str) -> str:
    return f"{text[:200]!r} is not a host name such as app.example.com."


def no_zone(host: str, zones: Sequence[str]) -> str:
    known = f"Zones are: {', '.join(zones[:10])}." if zones else "There are no zones yet."
    return f"{host} is in no zone. {known} Add one with SLUICE_ZONES or on the Zones page."


def other_zone(host: str, zone: str) -> str:
    return f"{host} is not in the zone {zone}."


def own_domain(host: str, domain: str) -> str:
    return f"{host}: host names under {domain} are Workers' own. Use another zone."


def address_is_taken(what: str, owner: str) -> str:
    if not owner:
        return f"{what} is a route without a Worker. Remove it first."
    return f"{what} is assigned to the Worker {owner}. Remove it there first."


def host_is_shared(host: str, owner: str) -> str:
    return (
        f"The Worker {owner} answers requests to {host}, and this token may not change it. "
        "Use a token without a limit to some Workers."
    )


def only_address(what: str, owner: str) -> str:
    return f"{what} is the only address of the Worker {owner}. Give that another one first."


def zone_exists(name: str) -> str:
    return f"The zone {name} exists."


def zone_in_use(name: str) -> str:
    return f"The zone {name} has routes or custom domains. Remove them first."


# --- Previews -----------------------------------------------------------------------------------


def not_deployed(worker: str) -> str:
    return f"The Worker {worker} has no deployment yet, so nothing answers here."


def switched_off(worker: str) -> str:
    return (
        f"The address of the Worker {worker} is switched off (workers_dev = false): "
        "only service bindings reach it. Its page in the dashboard switches it on."
    )


def not_propagated(worker: str) -> str:
    return f"The Worker {worker} is not on this edge yet. Try again in a moment."


def previews_off(worker: str) -> str:
    return f"Versions of {worker} have no addresses of their own: preview URLs are off."


def no_preview(worker: str, start: str) -> str:
    return f"No version of {worker} has an id that begins with {start}, or the alias {start}."


def taken_by_worker(worker: str) -> str:
    return f"the Worker {worker}"


def taken_by_version_of(worker: str) -> str:
    return f"a version of the Worker {worker}"


def not_a_group(name: str) -> str:
    return f"{name!r} is not a group. Use lower-case letters, digits and dashes, at most 63."


def too_many_groups(most: int) -> str:
    return f"A Worker runs in at most {most} groups. To run it in all, choose none."


def separated(worker: str) -> str:
    return f"Workers that call each other would run in different groups than {worker}."


def no_namespace(kind: str, reference: str) -> str:
    """Cloudflare's texts."""
    return _NO_NAMESPACE[kind].format(name=reference[:512])


def dataset_name(binding: str, name: str) -> str:
    return (
        f"Binding '{binding[:80]}': {name[:80]!r} is not the name of a dataset. It has 1 to 64 "
        "letters, digits, underscores and dashes, and begins with a letter or an underscore."
    )


def no_stored_secret(binding: str, store: str, name: str) -> str:
    return (
        f"Binding '{binding[:80]}': the secrets store {store[:64]!r} has no secret {name[:255]!r}. "
        "Create it: wrangler secrets-store secret create <store-id> --name <name> --scopes workers "
        "--remote"
    )


def stored_secret_lost(name: str) -> str:
    return (
        f"The stored secret {name} was encrypted with another SLUICE_SECRET_KEY. "
        "Restore that key, or set its value again."
    )


_NO_NAMESPACE = {
    "kv": "KV namespace '{name}' not found.",
    "d1": "D1 database '{name}' not found.",
    "r2": "R2 bucket '{name}' not found. Please use a different name and try again.",
    "queue": 'Queue "{name}" does not exist. Please create it and try again.',
}


def own_consumer(worker: str) -> str:
    return f"{worker} cannot be its own Tail Worker."


def no_consumer(worker: str) -> str:
    return f"Tail Worker '{worker[:63]}' does not exist. Deploy it first."


def no_tail_handler(worker: str) -> str:
    return f"'{worker}' is no Tail Worker: no live or newest version of it has a tail() handler."


def too_many_consumers(most: int) -> str:
    return f"A Worker has at most {most} Tail Workers."


def ai_is_off(binding: str) -> str:
    return (
        f"Binding {binding!r}: Workers AI is not supported here without SLUICE_AI_URL, the host "
        "that answers. Remove ai from the configuration, or ask an operator to set it."
    )
