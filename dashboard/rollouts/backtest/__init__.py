"""What a plan's guardrails would have done over recorded traffic, step by step.

recorded.py   what was counted: of a rollout that ended, or of a Worker's last hours
thinning.py   recorded counts at another share                                            (pure)
replay.py     a plan played over recorded blocks by the guardrails themselves              (pure)
request.py    which traffic, and which plan: as it is typed on the page, in CLI and API
recent.py     one plan over the last rollouts
report.py     a replay as JSON and as lines of a terminal
views.py      the page
messages.py   outcomes in words
"""
