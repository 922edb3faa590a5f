"""May this deployment happen? Every deployment passes the gate, whichever door it comes from.

gate.py      the only caller of `routing.deploy`: page, rollout, API and wrangler alike
models.py    holds: why a Worker's deployments wait, left by a running or an ended rollout
messages.py  the words of a refusal
"""
