"""Guardrails whose data comes from outside a rollout's own counts: checks, Prometheus, webhooks.

terms.py      what a plan says about them, and what a breach of any guardrail does     (pure)
permitted.py  whether they can run here: hosts by allow list
verdicts.py   what stored answers mean now: one judgment for each                        (pure)
rechecks.py   the suite, run again on a schedule
prometheus.py a query and its answer; answers.py the answer of a webhook                (pure)
facts.py      a rollout as other programs get it
ask.py        asks one source, by network; poll.py asks each when it is due
models.py     the last answer of each; judgments.py reads it for a decision
"""
