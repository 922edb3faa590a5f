"""Texts of the Workers pages that are not in their templates."""

from __future__ import annotations

from collections.abc import Sequence

# Forms and buttons

ASK_FOR_REVIEW = "Ask for review"
PROMOTE = "Promote to 100%"
STAGE = "Stage at 0%"
LIVE_SPLIT = "The live split"
LIVE_SPLIT_NOTE = "Deploys the live split again. Change the numbers to step."

#: Groups of versions to roll back to.
BEFORE, NEVER, UNDONE = "Deployed before", "Never deployed", "Rolled back before"

#: Filters of the list: kind of state → words.
FILTERS = {
    "unhealthy": "Needs attention",
    "ramping": "Ramping",
    "staged": "Staged",
    "rolled-back": "Rolled back",
    "stable": "Stable",
    "never": "Never deployed",
}

#: Commands without a button.
UPLOAD_COMMAND = "Upload a version; nothing goes live"
DEPLOY_COMMAND = "Upload and deploy at 100%"
TAIL_COMMAND = "Watch its requests"


def step_up(percentage: int) -> str:
    return f"Step up to {percentage}%"


def stage(number: int) -> str:
    return f"Stage #{number} at 0%"


def deploy(numbers: str) -> str:
    return f"Deploy {numbers}"


def roll_back_to(number: int) -> str:
    return f"Roll back to #{number}"


def back_to(name: str) -> str:
    return f"Back to {name}"


def back_to_share(percentage: str, name: str) -> str:
    return f"Back to {percentage} of {name}"


# States and deployments


def ramping(percentage: str, again: bool) -> str:
    """`again`: the candidate was rolled back before."""
    return f"{'Rolled back to' if again else 'Ramping'} {percentage}"


def staged(again: bool) -> str:
    return f"{'Rolled back to' if again else 'Staged'} 0%"


def rolled_back(number: int) -> str:
    return f"Rolled back to #{number}"


def promoted(number: int, kept: int | None = None) -> str:
    """`kept`: the version that stays in the deployment at 0%."""
    return f"#{number} to 100%" + (f", #{kept} kept at 0%" if kept is not None else "")


def share_again(number: int, percentage: str) -> str:
    return f"#{number}: {percentage} again"


def share_changed(number: int, before: str, after: str) -> str:
    return f"#{number}: {before} to {after}"


def staged_version(number: int) -> str:
    return f"#{number} staged at 0%"


def share(number: int, percentage: str) -> str:
    return f"#{number} to {percentage}"


# Modules and diffs

TOO_LARGE = "too large to show here"
BINARY = "binary"
NOT_TEXT = "not shown as text"
CLOUD_NO_DIFFERENCE = "No difference in the code, bindings and settings that the API shows."
CLOUD_SAME_WITHOUT_CODE = "No difference in bindings and settings. Code is not compared."
LINES_TOO_LONG = "its lines are too long to compare, as in minified code"
TOO_DIFFERENT = "too different to compare quickly"
LINE_BREAKS_ONLY = "only its line breaks differ"


def too_many_lines(limit: float) -> str:
    return f"more than {limit:,} lines"


# Toasts


def live(split: str) -> str:
    return f"Live: {split}."


def address_switched(worker: str, on: bool) -> str:
    if on:
        return f"{worker} answers at its address."
    return f"{worker} no longer has an address."


def previews_switched(worker: str, on: bool) -> str:
    words = "have addresses of their own again" if on else "no longer have addresses of their own"
    return f"Versions of {worker} {words}."


def deleted(worker: str) -> str:
    return f"{worker} is deleted. Its addresses no longer answer."


# Deleting a Worker

CALLED_BY_OTHERS = "Other Workers call it. Nothing changed."


def name_not_typed(worker: str) -> str:
    return f"Type {worker} to delete it. Nothing changed."


def runs_in(worker: str, groups: Sequence[str]) -> str:
    """After a choice of groups of edges."""
    where = f"in {', '.join(groups)}" if groups else "on every edge"
    return f"{worker} runs {where}."


def tails_saved(worker: str, consumers: Sequence[str]) -> str:
    if not consumers:
        return f"No Worker gets the events of {worker}."
    return f"The events of {worker} go to {', '.join(consumers)}."


# Addresses


def address_added(text: str, worker: str) -> str:
    return f"{text} leads to {worker}."


def address_removed(text: str, worker: str) -> str:
    return f"{text} does not lead to {worker} any more."


def zone_added(name: str) -> str:
    return f"Zone {name} added."


def zone_removed(name: str) -> str:
    return f"Zone {name} removed."


CLOUD_NOTHING_TO_COPY = "This Worker has no version to copy."
CLOUD_UPLOAD_STALE = (
    "Nothing was uploaded: another version was uploaded meanwhile, and yours would have its "
    "bindings. Copy your code, then open this page again to start from it."
)
CLOUD_UPLOAD_UNSURE = (
    "Unsure whether the version was uploaded: no answer came, and it is not listed. Look at the "
    "list before you try again."
)


def cloud_not_uploaded(problem: str) -> str:
    return f"Nothing was uploaded. {problem}"


def cloud_uploaded(number: int) -> str:
    return f"Version #{number} is uploaded. Nothing is live yet: deploy it at 0% to test it."


def cloud_upload_mixed(number: int) -> str:
    return (
        f"Version #{number} is uploaded, but another client uploaded right before. Yours may have "
        "the other one’s bindings: look at the diff before you deploy it."
    )
