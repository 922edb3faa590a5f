"""Guardrails whose data comes from outside a rollout's own counts: checks, Prometheus, webhooks.

terms.py      what a plan says about them, and what a breach of any guardrail does     (pure)
permitted.py  whether they can run here: hosts by allow list
"""
