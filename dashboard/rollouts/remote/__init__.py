"""Rollouts of Workers that live elsewhere, driven through a provider (`dashboard.cloud.provider`).

The rules are those of every rollout (`decisions/`). What differs is data: counts are late and
sampled, a deployment is written on a condition that is only read, and others can deploy meanwhile.

models.py        the rollout, its events, approvals
judgments.py     late and sampled counts → one judgment per guardrail                   (pure)
decide.py        `next_step`, and what others did meanwhile                             (pure)
observation.py   what a decision is based on
evidence.py      requests to the confirmed address, with proof
confirmation.py  whether a deployment has arrived, by probes
deploying.py     a deployment in two phases: stored, sent once, read back
advance.py       one look at one rollout
conductor.py     looks at every active one
checks.py        smoke checks at 0%, each with its proof
approvals.py     the approvals that the account's policy asks for
start.py         starts one, or refuses
actions.py       what people do to one
story.py         every write, with its event
messages.py      codes as text
pages/           its pages
"""
