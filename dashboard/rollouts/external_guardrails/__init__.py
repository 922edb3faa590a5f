"""Guardrails with data from outside: repeated checks, Prometheus queries, webhooks.

terms.py          their part of a plan, and what a breach of any guardrail does             (pure)
parse_terms.py    reads that part                                                          (pure)
validation.py     whether a plan's guardrails can run here: allowed hosts, known names
verdicts.py       stored readings and check runs → one judgment each                       (pure)
rechecks.py       runs the suite again on a schedule
prometheus.py     a range query and its response                                          (pure)
verdict_answer.py the response of a webhook or a gate                                     (pure)
payload.py        a rollout as JSON for webhooks, hooks and queries
query.py          queries one source over HTTP
polling.py        queries each source when it is due
models.py         the last reading of each source
judgments.py      the judgments of a rollout's outside guardrails
messages.py       codes as text
"""
