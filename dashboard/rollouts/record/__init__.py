"""The record of a rollout: the page and its exports.

record.py  The release record of an ended rollout
report.py  A rollout as scripts read it
views.py   The release record
"""
