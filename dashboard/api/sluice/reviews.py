"""Reviews: listed, read with their story, withdrawn; and the policy that asks for them.

Every decision has an address, and API tokens are refused there: a person decides.
"""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.utils import timezone
from ninja import Query, Router

from dashboard.api.http.auth import ApiRequest, may_administer, may_deploy, may_read
from dashboard.api.sluice import messages
from dashboard.api.sluice.errors import Refused
from dashboard.api.sluice.lookup import Listing, worker_at
from dashboard.api.sluice.schemas import Json, PolicyDetail, ReviewInput, ReviewItem
from dashboard.reviews.inbox.queue import listed_as_json
from dashboard.reviews.policies import edits
from dashboard.reviews.proposals import report
from dashboard.reviews.proposals.decisions.vote import VERBS, DecisionInput
from dashboard.reviews.proposals.deployment import emergency
from dashboard.reviews.proposals.models import UNDECIDED, Proposal, ProposalQuerySet
from routing.models import Worker

router = Router(tags=["Reviews"])
REVIEWS = "/workers/{name}/reviews"
REVIEW = REVIEWS + "/{review_id}"
POLICY = "/workers/{name}/policy"
ACTS = {**VERBS, "emergency": emergency.deploy_now, "acknowledge": emergency.acknowledge}


class ReviewListing(Listing):
    """Those that are open, or all of them."""

    show: Literal["open", "all"] = "open"


@router.get("/reviews", auth=may_read, response=list[ReviewItem])
def list_all_reviews(request: ApiRequest, listing: Query[ReviewListing]) -> Any:
    """Every Worker's reviews, newest first."""
    return _listed(Proposal.objects.all(), listing)


@router.get(REVIEWS, auth=may_read, response=list[ReviewItem])
def list_reviews(request: ApiRequest, name: str, listing: Query[ReviewListing]) -> Any:
    """The Worker's reviews, newest first."""
    return _listed(Proposal.objects.filter(worker=worker_at(name)), listing)


@router.get(REVIEW, auth=may_read, response=Json)
def get_review(request: ApiRequest, name: str, review_id: UUID) -> Any:
    """One review with every decision and event. To wait for it, read it again until `state` is
    neither `open`, `needs_changes` nor `approved`."""
    return report.with_story(_review_at(name, review_id), timezone.now())


@router.post(REVIEW + "/{verb}", auth=may_deploy, response=ReviewItem)
def decide(request: ApiRequest, name: str, review_id: UUID, verb: str, given: ReviewInput) -> Any:
    """`withdraw` takes one's own request back. `approve`, `needs-changes`, `reject`, `emergency`
    and `acknowledge` are for people: a token gets 403."""
    if verb not in ACTS:
        raise Refused(404, "unknown_verb", messages.unknown_verb(verb, ACTS), "verb")
    proposal, caller = _review_at(name, review_id), request.auth
    now = timezone.now()
    word = DecisionInput(
        caller.user, caller.source, now, given.comment.strip(), given.round, by_token=True
    )
    ACTS[verb](proposal.pk, word)
    return report.as_json(_review_at(name, review_id), now)


@router.get(POLICY, auth=may_read, response=PolicyDetail)
def get_policy(request: ApiRequest, name: str) -> Any:
    """The policy that counts for the Worker: its own, or the account-wide default."""
    return _policy(worker_at(name))


@router.put(POLICY, auth=may_administer, response=PolicyDetail)
def put_policy(request: ApiRequest, name: str, given: PolicyDetail) -> Any:
    """Always 403: what asks people for approvals is changed by a person, on *Policies* or with
    `manage.py policy`. A token that may save a policy could deploy without any approval."""
    worker_at(name)
    raise Refused(403, "token", messages.TOKENS_CHANGE_NO_POLICY)


def _policy(worker: Worker) -> dict[str, Any]:
    now = edits.effective(worker)
    return now.policy.as_json() | {"edit": now.edit.number if now.edit else 0, "own": now.own}


def _review_at(name: str, review_id: UUID) -> Proposal:
    rows = Proposal.objects.filter(worker=worker_at(name)).select_related("worker", "author")
    proposal = rows.filter(pk=review_id).first()
    if proposal is None:
        raise Refused(404, "unknown_review", messages.no_review(name))
    return proposal


def _listed(rows: ProposalQuerySet, listing: ReviewListing) -> list[dict[str, Any]]:
    filtered = rows.filter(state__in=UNDECIDED) if listing.show == "open" else rows
    newest = filtered.with_people().order_by("-created_at")
    return listed_as_json(newest[: listing.limit], timezone.now())
