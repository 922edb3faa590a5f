"""Proposals: deployments that wait for approvals, and what becomes of them.

models.py     the request, its decisions, and one line for each thing that happened
change.py     what a deployment changes, read from the database
standing.py   how far the approvals are                                              (pure)
ask.py        a new request, or the open one resumed with new content
decide.py     approve, needs changes, reject, withdraw; who may
settle.py     open or approved: judged again whenever something may differ
move.py       what makes a request void, at once, and what changed since
carry_out.py  deploys what was approved, exactly as proposed, once
emergency.py  an admin deploys without approvals, on the record
sweep.py      the conductor's look: expiry, approvals that ran out, what is left to deploy
notices.py    who is notified of what
report.py     a request as scripts read it, with exit codes
messages.py   codes in words
"""
