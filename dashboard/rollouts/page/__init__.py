"""The page of one rollout.

views.py             the page and its buttons
context.py           its context: milestones, steps, events
buttons.py           what a person can do now
push.py              pushes it to open pages
guardrail_rows.py    rows of the guardrail table
intervals.py         the interval of a guardrail as a plot                          (pure)
time_to_verdict.py   how long until "not yet" is decided                           (pure)
charts.py            error rate and latency of both versions
chart_window.py      the time range of the charts                                  (pure)
share_chart.py       the candidate's share over time, for the release record       (pure)
rollback_preview.py  what an abort would do now
"""
