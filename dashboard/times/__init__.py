"""Times as people type them, for every room that has a schedule. Pure.

durations.py   "90s", "5m", "2h" as `timedelta`, and back
hours.py       the hours of the week in which something may happen
spans.py       spans and moments as text: "61 ms", "4 min"
"""
