"""What the page of one rollout draws, and how open pages follow.

push.py  what is pushed to open pages, and when
window.py  the time that the charts cover                                            (pure)
charts.py  error rate and latency of both versions, with limits and step boundaries
guardrail_rows.py  each guardrail in words, with its interval and verdict
intervals.py  the interval of a guardrail as a drawing                                  (pure)
share_chart.py  who got the candidate, when, for the release record                (pure)
expected.py  when a guardrail that says "not yet" can be expected to be safe           (pure)
way_back.py  what an abort does, and how long the last one took
"""
