"""Rollouts: move a Worker from its stable version to a candidate, step by step, or roll back.

decisions/            the rules: states, plans, guardrails, `next_step`                  (pure)
conductor/            observes a rollout, decides, and deploys the next step
actions/              start, step, hold, abort, undo: what people and scripts can do
plans/                plans as text, their form, saved plans, edits of a running plan
slow_requests/        latency thresholds and the blocks that requests are counted in
external_guardrails/  repeated checks, Prometheus queries and webhooks
hooks/                signed HTTP requests before and after steps
review_step/          the review that a Worker's policy requires
remote/               rollouts of Workers of connected accounts, through a provider
page/                 the page of one rollout
start_page/           the page that starts one
list/                 the list of all rollouts
record/               the release record of an ended rollout
backtest/             replays a plan over recorded traffic
forgotten_versions/   versions that stay at 0% too long
related_rollouts/     rollouts of Workers that call each other
retention/            deletes old events
cli/                  options and output of `manage.py rollout`
progress.py           the columns of every rollout
models.py             the rollout and its events
messages.py           codes as text
"""
