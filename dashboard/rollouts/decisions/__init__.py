"""The rules of a rollout: pure, without I/O or a clock.

next_step.py    `next_step(rollout, observation, now)`: the next decision
values.py       the rollout, an observation and a decision as values
plan.py         steps, limits and times of a plan
states.py       states of a rollout and verdicts of its guardrails
guardrails.py   judges the counts of a step
breaches.py     what a breach of each guardrail does; the judgment that decides
undo_window.py  whether a finished rollout can be undone
"""
