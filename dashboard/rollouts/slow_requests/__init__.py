"""Slow-request budgets of a rollout, and the short blocks in which its steps are counted.

budget.py      the thresholds as a value                                                    (pure)
thresholds.py  where they come from: stable's p95 and p99 of the last day
judge.py       "slower than the threshold" as a kind of failure, judged beside stable       (pure)
blocks.py      how edges count a step, and which blocks are a cold start                    (pure)
"""
