"""Codes of remote rollouts as text. What is not here is as for every rollout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.rollouts import messages as common

REASONS: Mapping[str, str] = {
    "deploying": "The deployment of {percentage} is on its way to Cloudflare.",
    "unsure": "Unsure whether the deployment took effect. Sluice reads back and does not send it "
    "again.",
    "deploy_waits": "Cloudflare did not take the deployment: {problem} It is tried again.",
    "deploy_refused": "Held: Cloudflare refused the deployment. {problem}",
    "deploy_lost": "The last deployment left no trace: Cloudflare does not list it. "
    "Check what is live before you go on.",
    "rollback_refused": "The rollback could not be sent yet: {problem} It is tried again.",
    "deployed_elsewhere": "{author} deployed via {via}. The rollout waits for a person.",
    "overwrote": "{author} deployed via {via} right before this step, which replaced it. "
    "The rollout waits for a person; the Worker’s page can put theirs back.",
    "not_begun": "{author} deployed via {via} before the rollout began. Nothing was deployed.",
    "put_back": "Put the rollout’s deployment back.",
    "left": "Ended by hand. What is live stays as it is.",
    "unread": "Cannot judge: what is live could not be read. {problem}",
    "edges_ready": "The deployment has arrived.",
    "edges_waiting": "Waiting until the deployment has arrived.",
    "verifying": "Checking that requests run stable again.",
    "verified": "Requests run stable again.",
    "not_verified": "No request has confirmed that stable answers.",
    "checks_broken": "A check has no proof of the version that answered, so it proves nothing.",
    "figures_late": "Cannot judge: the newest counts are too old. They are late, or no one sends "
    "requests.",
    "counts_forbidden": "Cannot judge: the token may not read analytics.",
    "figures_not_covering": "Not yet: counts have to reach {until}.",
    "logged": "{failed} of {requests} logged candidate requests got a 5xx, "
    "{stable_failed} of {stable_requests} on stable.",
    "more_5xx": "Harm: {failed} of {requests} logged candidate requests got a 5xx, "
    "{stable_failed} of {stable_requests} on stable.",
    "no_logs": "Not judged: Workers Logs cannot be read.",
    "nothing_logged": "Not judged: Workers Logs has no request of this step.",
    "worse_than_stable": "Harm: {failed} of {requests} candidate requests failed in the runtime, "
    "{stable_failed} of {stable_requests} on stable.",
    "vote_approve": "Approved.",
    "vote_reject": "Rejected.",
    "waits_for_review": "Waiting for approvals.",
    "review_rejected": "Held: it was rejected.",
}

STATES: Mapping[str, str] = {"waiting": "Waiting for Cloudflare"}

GUARDRAILS: Mapping[str, tuple[str, str, str]] = {
    "errors": ("Runtime failures", "exceptions and exceeded limits; no 5xx", "not above stable"),
    "limit": ("Failure limit", "the same, whatever stable does", "{limit} of requests"),
    "server_errors": ("5xx answers", "from Workers Logs: logged requests", "not above stable"),
}

REFUSALS: Mapping[str, str] = {
    "running": "A rollout of this Worker runs already.",
    "no_deploy": "The token may not deploy.",
    "external": "Plans with repeated checks or outside guardrails cannot run here yet.",
    "suite_too_many": "At most {most} checks can run here: each is a request to production.",
    "suite_script": "Scripts cannot run here.",
    "suite_compares": "Checks that compare with stable cannot run here yet.",
    "suite_unreadable": "The checks cannot be read. {problem}",
    "nothing_live": "This Worker has no deployment yet.",
    "conflict": "{author} deployed in the meantime. Look at what is live, then start again.",
    "unknown_version": "Choose one of the versions that can be deployed.",
    "unusual_split": "More than two versions are deployed. Deploy one or two first.",
    "already_live": "This version is the stable one already.",
    "two_candidates": "#{number} has traffic. Roll it back, or roll it out first.",
}

ACTIONS: Mapping[str, str] = {
    "needs_approvals": "The policy asks for approvals first.",
    "no_next_step": "There is no next step to go to.",
    "no_traffic": "The candidate has no traffic to take away.",
    "not_elsewhere": "No other client has deployed.",
    "not_by_checks": "It is not held because of its checks.",
    "no_approvals": "This rollout waits for no approval.",
    "deploying": "A deployment is on its way. Wait until its result is known.",
}

WHY_NOT: Mapping[str, str] = {
    "role": "Your role may not approve this.",
    "not_named": "The policy names other people for this.",
    "own": "You may not approve your own change.",
}
"""Why a person's approval does not count."""

ADVISORY = "Advisory: others may hold tokens that can deploy without an approval."


def title(state: str, percentage: str) -> str:
    """The state as a headline."""
    return common.state_title(state, percentage, STATES)


def reason(code: str, facts: Mapping[str, Any]) -> str:
    return common.worded(REASONS, code, facts) if code in REASONS else common.reason(code, facts)


def refusal(code: str, facts: Mapping[str, Any]) -> str:
    return REFUSALS[code].format_map(facts)


def not_in_state(state: str) -> str:
    return f"This is not possible while the rollout is {state.replace('_', ' ')}."


ROLLOUT_RUNS = "Nothing was disconnected: a rollout runs in this account. End it first."
WHOLE_NUMBER = "Write a whole number."

ARRIVAL: Mapping[str, str] = {
    "probing": "{right} of {sent} probes in a row so far.",
    "live": "{right} probes in a row ran what was deployed{places}.",
    "same_versions": "{right} probes in a row ran both versions{places}; a percentage cannot be "
    "probed.",
    "attention": "Probes did not confirm it. Send them again on the Worker’s page.",
    "superseded": "Another deployment replaced it.",
    "unverifiable": "Listed by the API; no request has confirmed it.",
    "pending": "Not known yet: the result of the last deployment is missing.",
    "none": "There is nothing to confirm now.",
}
"""By the state of its verification."""


def arrival(state: str, right: int, sent: int, places: Sequence[str]) -> str:
    where = f", seen from {', '.join(places)}; other places are unknown" if places else ""
    return ARRIVAL[state].format(right=right, sent=sent, places=where)


LOGGED = "Logged requests only."
TOO_LATE = "Not sent: the checks before it took too long."


def counting(known: bool, sampled: bool) -> str:
    if not known:
        return "None is known yet since this share was deployed."
    return "Sampled: the requests that were counted." if sampled else "Every request is counted."
