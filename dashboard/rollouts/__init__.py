"""Guided rollouts: one object that leads a version from 0% to 100%, or safely back.

states.py      the states and verdicts, whose names are part of API and CLI
ramp.py        a plan as values                                                       (pure)
guardrails.py  what the figures of a step say                                             (pure)
breaches.py    what a breach of each guardrail does, and which one decides                (pure)
backtest/      what a plan would have done with recorded traffic
hooks/         signed HTTP requests as gates and notices
external/      re-checks, Prometheus queries and webhooks as guardrails
values.py      the rollout, what was seen, a decision; how a decision changes the rollout    (pure)
plan.py        `next_step(rollout, seen, now)`: what happens next                         (pure)
models.py      the row, and one line for each decision
start.py       a new rollout, or why there is none
observe.py     what a decision is based on: edges, figures, checks, proof
advance.py     decides once and acts once; carries out what a person asks for as well
undo.py        whether a finished rollout may be undone                                  (pure)
actor.py       who asks, and the refusal of what makes no sense
verbs.py       Step, Hold, Abort, Undo…: what a person may ask for, and when
commands.py    the same buttons as commands, for the terminal and for HTTP
conductor.py   looks at every active rollout; several processes may
plans/         plans as texts, what their steps can notice, saved plans, edits of a running one
start_page/    the page that starts one
forgotten/     versions that stay at 0% for too long
neighbors/     rollouts of Workers that call each other
listing/       the list of all rollouts
retention/     lines of ended rollouts go after a while
cli/           what `manage.py rollout` reads and does
record.py      the release record of an ended rollout, for the page and as JSON
reviewing/     step ④ under a policy: the review, bound to the plan edit and the evidence
messages.py    codes in words
"""
