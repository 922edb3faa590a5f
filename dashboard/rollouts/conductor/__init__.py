"""The conductor: observes each rollout, decides, deploys the next step.

loop.py           looks at every active rollout and runs waiting checks
observation.py    what a decision is based on: edges, counts, checks, reviews
advance.py        one decision and its deployment, in one transaction
verification.py   proof that stable answers again after a rollback
notices.py        notifications about a rollout
outgoing_calls.py HTTP calls to other servers, without blocking the loop
"""
