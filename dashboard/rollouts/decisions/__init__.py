"""The rules of a rollout. Pure.

breaches.py    What a breach of each guardrail does, and which judgment therefore decides
guardrails.py  What the figures of a step say
next_step.py   What a rollout does next
plan.py        A rollout's plan as values
states.py      The states of a rollout and the verdicts of its guardrails
undo.py        May a finished rollout be undone? A pure question
values.py      What decisions are made of
"""
