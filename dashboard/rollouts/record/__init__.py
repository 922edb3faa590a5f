"""The release record of an ended rollout.

record.py  the record: steps with counts, events, checks
report.py  a rollout as JSON, and its exit code
views.py   the page and its JSON export
"""
