"""Refusals as text, for the page, the API and wrangler's terminal."""

from __future__ import annotations

from dashboard.reviews.models import DeployHold
from routing.models import Version


def held(hold: DeployHold) -> str:
    """Why a deployment is on hold, and what to do."""
    worker = hold.worker.name
    if hold.kind == DeployHold.Kind.AFTER_ROLLBACK:
        return (
            f"Nothing was deployed. The rollout of {_version(hold)} on {worker} was rolled back at "
            f"{hold.created_at:%Y-%m-%d %H:%M} UTC, and deployments by API token wait until a "
            f"person resumes them: manage.py rollout resume --worker {worker}"
        )
    return (
        f"Nothing was deployed. {hold.username or 'The system'} is rolling out {_version(hold)} on "
        f"{worker}: {hold.facts.get('state', 'running')}{_share(hold)}. Wait until it is done, or "
        f"take over: manage.py rollout abort --worker {worker}"
    )


def uploaded(version: Version, why: str) -> str:
    """A live upload that waits for a review: the version is stored."""
    return f"Version {version.id} (#{version.number}) was uploaded. {why}"


def held_delete(hold: DeployHold) -> str:
    """Why a Worker is not deleted."""
    if hold.kind == DeployHold.Kind.AFTER_ROLLBACK:
        return (
            f"{hold.worker.name} was not deleted: the rollout of {_version(hold)} on it was rolled "
            f"back, and API tokens wait until a person resumes deployments: "
            f"manage.py rollout resume --worker {hold.worker.name}"
        )
    return (
        f"{hold.worker.name} was not deleted: {hold.username or 'the system'} is rolling out "
        f"{_version(hold)} on it. Abort the rollout first."
    )


def migration_needs_review(worker_name: str) -> str:
    """A migration of Durable Objects is applied with its deployment, in one step."""
    return (
        f"Nothing was uploaded: the policy of {worker_name} asks for a review of this deployment, "
        "and a Durable Object migration cannot wait for one. An admin lifts the rule on the "
        "Worker's Policy page for this deployment."
    )


def policy_delete(worker_name: str) -> str:
    """Why an API token cannot delete a Worker with its own policy."""
    return (
        f"{worker_name} was not deleted: its own policy would be deleted with it. An admin deletes "
        f"it on its Settings page, or removes the policy first: "
        f"manage.py policy follow-account --worker {worker_name}"
    )


def _version(hold: DeployHold) -> str:
    number, tag = hold.facts.get("number"), hold.facts.get("tag")
    return f"#{number}{f' {tag}' if tag else ''}" if number else "a version"


def _share(hold: DeployHold) -> str:
    percentage = hold.facts.get("percentage")
    return f" at {percentage}" if percentage else ""
