"""Votes on a proposal and what they add up to.

approvals.py   How far the approvals of a request are
invalidate.py  What makes a request void
settle.py      Open or approved? Judged again whenever something may differ
vote.py        A person's word on a request
"""
