"""Replays a plan over recorded traffic, step by step.

recorded.py  counts of an ended rollout, or of a Worker's last hours
thinning.py  recorded counts at another share                                         (pure)
replay.py    applies the guardrails of a plan to recorded blocks                       (pure)
request.py   input of the page, the CLI and the API
recent.py    one plan over the last rollouts
report.py    a replay as JSON and as text
views.py     the page
messages.py  outcomes as text
"""
