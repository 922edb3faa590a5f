"""Texts of Cloudflare accounts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.limits.messages import again_in

BAD_BASE_URL = "Expected an API address such as https://api.cloudflare.com/client/v4."
HTTPS_ONLY = "The API address must begin with https://."
NOT_LOOPBACK = "This address leads back to this machine, where no account can be."
RATE_LIMITED = "Cloudflare’s rate limit is reached. It answers nothing for a few minutes."
NO_WORKER = "There is no Worker of this name."
NO_VERSION = "There is no such version of this Worker."
BUSY = "Too many requests to this account wait for an answer. Try again soon."
TAIL_FULL = "Ten viewers tail this Worker already, which is the most. Close one at Cloudflare."
TAIL_CLOSED = "The tail was closed. It is opened again."
UNREADABLE = "The API’s answer cannot be read."


def over_budget(wait: float) -> str:
    seconds = max(1, math.ceil(wait))
    return f"Sluice’s own limit of 300 calls in 5 minutes is reached. {again_in(seconds)}"


def server_error(status: int) -> str:
    return f"The API answered with {status}."


def refused(message: str, code: int, status: int) -> str:
    """Cloudflare's own message where there is one."""
    return f"{message or f'The API refused this with {status}.'}{f' (code {code})' if code else ''}"


# --- Connecting ---------------------------------------------------------------------------------

BAD_SLUG = "Use 1 to 40 lower-case letters, digits and dashes."
BAD_TOKEN = "This is not an API token: expected 16 characters or more, without spaces."
CONNECTED_ALREADY = "This account is connected already, or the name is taken."
KEY_LOST = "The token was sealed with another SLUICE_SECRET_KEY. Replace the token."


def too_many_accounts(most: int) -> str:
    return f"At most {most} accounts can be connected. Disconnect one first."


def several_accounts(ids: Sequence[str]) -> str:
    if not ids:
        return "This token reaches no account."
    return f"This token reaches several accounts. Give the ID of one: {', '.join(ids[:20])}."


def no_such_account(ids: Sequence[str]) -> str:
    return f"This token does not reach that account. It reaches {', '.join(ids[:20]) or 'none'}."


def token_inactive(status: str) -> str:
    return f"Cloudflare says that this token is {status[:40]}."


def connected(slug: str) -> str:
    return f"{slug} is connected. Choose the Workers to follow."


def following(slug: str, count: int) -> str:
    return f"Following {count} Worker{'' if count == 1 else 's'} of {slug}."


def disconnected(slug: str) -> str:
    return f"{slug} is disconnected. Nothing changed at Cloudflare. Delete the token there, too."


def token_replaced(slug: str) -> str:
    return f"The token of {slug} is replaced. Delete the old one at Cloudflare."


NOTHING_TO_TRY = "Not tried: there is no Worker yet to try it on."


def not_tried(problem: str) -> str:
    return f"Could not be tried: {problem}"


CHECKED = "The token was verified and each permission tried again."

PROBLEMS: Mapping[str, tuple[str, str]] = {
    "revoked": (
        "The token no longer works",
        "Cloudflare refuses it: it was deleted, rolled or disabled there. Nothing here is lost.",
    ),
    "expired": ("The token has expired", "Nothing here is lost. Make a new one and replace it."),
    "key_lost": ("The token cannot be decrypted", KEY_LOST),
}
"""Title and text by the account's problem."""

CHECKS: Mapping[str, tuple[str, str, str]] = {
    "workers": (
        "Workers, versions, deployments",
        "The list of Workers and what is live.",
        "Without it: nothing of this account is shown.",
    ),
    "code": (
        "Code of versions",
        "Diffs show lines, not only settings.",
        "Without it: diffs show bindings and settings only.",
    ),
    "tail": (
        "Prove which version ran",
        "One tail was opened and closed. It takes 1 of 10 places per Worker.",
        "Without it: Cloudflare cannot prove which version answered.",
    ),
    "counts": (
        "Requests per version",
        "About 2 minutes late, sampled when busy.",
        "Without it: no observed split and no request counts.",
    ),
    "addresses": (
        "Addresses by route",
        "Routes of followed Workers are offered as production addresses.",
        "Without it: only custom domains and workers.dev are offered.",
    ),
    "logs": (
        "Errors and latency per version, past requests",
        "From Workers Logs: 5xx answers and exceptions.",
        "Without it: only crashes are counted, not 5xx answers, and a missed request stays unseen.",
    ),
    "deploy": (
        "Deploy",
        "Not tried: it would change something. The first deployment proves it.",
        "Without it: every button that deploys is off.",
    ),
}
"""Name, text while it works (or is not tried), text without it, by check."""

WHY: Mapping[str, str] = {
    "no_condition": "Two people can deploy at once. Sluice reads before and after it deploys.",
    "reason_unknown": "Cloudflare does not say why a version ran.",
    "hash_unknown": "Cloudflare does not publish how version keys are mapped.",
    "ci_deploys_directly": "CI deploys at Cloudflare directly. Sluice notices within seconds while "
    "this page is open or a rollout runs.",
    "upload_inherits": "A copy of the newest version with other code; its bindings stay.",
    "approvals_advisory": "Advisory: others may hold tokens that can deploy.",
    "counts_late": "From analytics: about 2 minutes late, sampled when busy.",
    "errors_by_logs": "From Workers Logs: logged requests only, about a minute late.",
    "proof_by_tail": "By a tail, for requests from here. A busy tail drops events.",
    "proof_by_logs": "From Workers Logs, about a minute late, if the request was stored.",
    "spread_by_probes": "By probes from here, on new connections. Other places are unknown.",
    "no_deploy": "The token may not deploy.",
    "no_code": "The token may not read code.",
    "no_tail": "The token may not open tails.",
    "no_logs": "The token may not read Workers Logs.",
    "no_counts": "The token may not read analytics.",
}
"""Why a capability is limited or missing, by `Support.why`."""

CAPABILITIES: Mapping[str, str] = {
    "deploy": "Deploying",
    "conditional_deploy": "Deploying on condition",
    "code": "Code of versions",
    "upload": "Uploading versions",
    "proof": "Which version ran",
    "proof_later": "Past requests",
    "reason": "Why a version ran",
    "spread": "Who has a deployment",
    "counts": "Requests per version",
    "server_errors": "5xx per version",
    "key_prediction": "Version keys",
    "hold_ci": "Holding CI back",
    "approvals": "Approvals",
}

OWN_EDGES: Mapping[str, str] = {
    "deploy": "the same",
    "conditional_deploy": "atomic",
    "code": "the same",
    "upload": "bindings can change, too",
    "proof": "the edge’s own log",
    "proof_later": "the edge’s own log",
    "reason": "reason and outcome",
    "spread": "every edge, exactly",
    "counts": "exact, 5 s late",
    "server_errors": "exact, 5 s late",
    "key_prediction": "predicted exactly",
    "hold_ci": "409 to wrangler",
    "approvals": "enforced",
}
"""The same on our own edges."""

# --- Requests to Workers ------------------------------------------------------------------------

REQUESTS_OFF = (
    "Requests to Workers of connected accounts are off. An administrator of this system can set "
    "SLUICE_CLOUD_REQUESTS=1."
)
NOT_FOLLOWED = "This Worker is not followed. An admin can follow it on the account’s page."
NOT_CONFIRMED = "No address is confirmed. An admin can confirm one on the account’s page."
TAIL_STATES: Mapping[str, tuple[str, str]] = {
    "off": ("Tail closed", "It opens while this page is open."),
    "opening": ("Opening the tail", "Needs the background work of this system to run."),
    "open": ("Tail open", "It takes 1 of 10 places of this Worker."),
    "refused": ("Tail broken", "It is opened again."),
    "full": ("No place", TAIL_FULL),
}
"""Title and text by `TailState`."""
RANKS: Mapping[str, tuple[str, str]] = {
    "proved": ("Proved by tail", "Cloudflare’s tail has this request with its version."),
    "logged": ("Seen in logs", "Workers Logs has this request with its version."),
    "self_reported": (
        "The Worker says so only",
        "The answer names this version. Nothing outside the Worker confirms it, and a cached "
        "answer can say the same.",
    ),
    "not_seen": ("Not seen", "Which version answered is unknown."),
}
"""Title and text by rank."""

NOT_CONFIRMED_BECAUSE: Mapping[str, str] = {
    "cached": "The cache answered (cf-cache-status), so no version ran.",
    "mitigated": "Cloudflare’s firewall answered (cf-mitigated), so no version ran.",
    "access_login": "Cloudflare Access asks for a login, so no version ran.",
    "edge_error": "Cloudflare answered with an error page of its own.",
    "no_ray": "The answer has no cf-ray: it may not come from Cloudflare.",
    "contradicting": "There is evidence for two versions.",
    "tail_off": "No tail was open.",
    "tail_full": "No tail could be opened: ten viewers tail this Worker already.",
    "tail_refused": "No tail could be opened, or it broke.",
    "tail_late": "The tail opened after the request was sent, or was interrupted.",
    "sampled": "The tail drops events, because the Worker is busy.",
    "tail_silent": "The tail is open and has seen nothing since. It may be dead and is reopened.",
    "unseen": "The tail is open and saw other requests since.",
    "not_logged": "Workers Logs does not have it, at least not yet.",
}
"""By `proof.judge.Why`."""

BAD_HOST = "The confirmed address is not a host name."
BAD_PORT = "The confirmed address has a port where Cloudflare serves no https."
HOST_IS_LOCAL = "The confirmed address leads back to this machine."
BAD_REQUEST = "The method, the path or a header cannot be sent over HTTP."
HOST_AWAY = "No connection"


def tail_unreachable(problem: str) -> str:
    return f"The tail cannot be reached: {problem}"


def host_refused(host: str, problem: str) -> str:
    return f"Nothing was sent to {host}: {problem}"


def no_connection(host: str, problem: str) -> str:
    return f"{host} does not accept connections: {problem}."


def no_http(host: str, problem: str) -> str:
    return f"{host} sent no HTTP: {problem}. The Worker may have acted anyway."


# --- Deploying ----------------------------------------------------------------------------------

BAD_SPLIT = (
    "Nothing was deployed. Choose a version that is not stable and a percentage from 0 to 100, "
    "or any version at 100%."
)
NOT_READ = "What is live could not be read, so nothing can be deployed on condition."
STALE = (
    "Nothing was deployed: another deployment went live before it. The page shows it now, and the "
    "form below has what you typed."
)
DEPLOYED = "Cloudflare lists the deployment as live."

UNCONFIRMED = "No request has confirmed it"
VERIFICATION_WHY: Mapping[str, tuple[str, str]] = {
    "requests_off": (
        UNCONFIRMED,
        "Probes need SLUICE_CLOUD_REQUESTS=1 and a confirmed address of this Worker.",
    ),
    "no_tail": (
        UNCONFIRMED,
        "The token may not open tails, so probes prove nothing.",
    ),
    "tail_closed": (
        "Needs attention: not confirmed within 90 s",
        "The tail could not be opened, so no probe was seen.",
    ),
    "not_seen": (
        "Needs attention: not confirmed within 90 s",
        "Too few probes were seen. Whether every place has it is unknown.",
    ),
    "no_answer": ("Needs attention: not confirmed within 90 s", "The address did not answer."),
    "other_version": (
        "Needs attention: another version still answers",
        "Probes got a version that is wrong by this deployment. Check what is live.",
    ),
    "not_listed": ("Needs attention", "Cloudflare does not list this deployment."),
    "interrupted": (
        "Needs attention: not confirmed within 90 s",
        "Cloudflare’s API could not be read, or requests were switched off meanwhile.",
    ),
}
"""Title and text by `verification.rules.VerificationWhy`."""
SUPERSEDED = "Another deployment is live meanwhile."
NOT_OURS = "It was deployed elsewhere, so Sluice has not probed it."
OTHER_PLACES = "Other places: unknown."
SHARE_UNKNOWN = "Only percentages changed, which probes cannot tell. They show in figures."


def probing(right: int, wanted: int, sent: int, seen: int) -> tuple[str, str]:
    text = f"{sent} sent, {seen} seen. It is called live when {wanted} in a row are right."
    return f"{right}/{wanted} probes in a row are right", text


def probed(right: int, places: Sequence[str], seconds: float, *, decisive: bool) -> str:
    """Probes tell versions, not percentages: not `decisive` where only those changed."""
    origin = f" from {', '.join(places)}" if places else ""
    got = "got this deployment" if decisive else "got its versions"
    return f"{right}/{right} probes{origin} {got}, after {seconds:.1f} s"


PUT_BACK_MESSAGE = "Put back after two deployments at once"
PUT_BACK: Mapping[str, str] = {"overwrote": "Put theirs back", "overtaken": "Put ours back"}


def not_deployed(problem: str) -> str:
    return f"Nothing was deployed. {problem}"


def change_note(
    state: str, others: Sequence[Mapping[str, Any]], *, late: bool = False
) -> tuple[str, str]:
    """Title and text about a deployment that did not simply become live."""
    who = _who(others[0]) if others else "Another client"
    if state == "overwrote":
        title = f"{who} deployed right before you. Yours is live now."
        return title, "Cloudflare accepts both, and the last one is live. Neither was refused."
    if state == "overtaken":
        return (
            f"{who} deployed right after you. Theirs is live now.",
            "Yours was live for a moment.",
        )
    if late:
        title = "A deployment from here left no trace and needs attention"
        return title, "Cloudflare does not list it. Check what is live before you try again."
    title = "Unsure whether the deployment took effect"
    return title, "No answer came. Sluice is reading back and does not send it again."


def _who(other: Mapping[str, Any]) -> str:
    author = str(other.get("author") or "Another client")
    source = str(other.get("source") or "")
    return f"{author} via {source}" if source else author
