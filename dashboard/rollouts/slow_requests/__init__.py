"""Latency thresholds of a rollout, and the blocks in which its requests are counted.

budget.py        the thresholds as a value                                               (pure)
thresholds.py    computes them: stable's p95 and p99 of the last day
judgment.py      compares slow requests with stable, as for failures                     (pure)
count_blocks.py  how edges count a step, and which blocks are cold starts                (pure)
"""
