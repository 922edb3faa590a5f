"""Decisions about a request.

vote.py        approve, needs changes, reject, withdraw
approvals.py   counts the valid approvals                                           (pure)
reevaluate.py  sets a request to open or approved
invalidate.py  voids and expires requests
"""
