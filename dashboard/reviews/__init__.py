"""May this deployment happen? Every deployment passes the gate, whichever door it comes from.

gate.py      the only caller of `routing.control.deploy`: page, rollout, API and wrangler alike
needed.py    does this deployment need a review? asked inside its transaction
proposals/   deployments that wait for approvals, and what becomes of them
inbox/       the list of reviews, and the number in the menu
policies/    which changes need how many approvals, from whom
policy_pages/
             the form of a policy, and what it would have asked of earlier changes
digest/      the weekly digest of what nobody looks at any more
models.py    holds: why a Worker's deployments wait, left by a running or an ended rollout
signals.py   what happened to policies and reviews
messages.py  the words of a refusal
"""
