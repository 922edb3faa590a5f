"""Reviews: whether a deployment may happen. Every deployment passes the gate.

gate.py          the only caller of `routing.control.deploy`, for page, API, CLI and rollouts
review_check.py  whether a deployment needs a review; runs inside its transaction
proposals/       deployments that wait for approvals
inbox/           the list of reviews, and the count in the menu
policies/        which changes need how many approvals, from whom
policy_pages/    the policy form, and a preview of a policy on past changes
digest/          the weekly digest: stale splits, forgotten versions, unreviewed deployments
models.py        holds: why a Worker cannot be deployed right now
signals.py       signals about policies and reviews
messages.py      refusals as text
"""
