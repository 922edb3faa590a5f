"""The playground on Workers of a connected account.

Requests leave this machine through `dashboard.cloud.egress` alone.

views.py      the page, a send, later looks at its proof, the Access token
sending.py    one request: admitted, sent, proved, stored
override.py   whether an override will be applied, and whether it was (pure)
page.py       what the page shows before and beside an answer
answer.py     what the page shows about one send
many.py       many sends of one request, and one to two versions
run_views.py  those, started and looked at later
models.py     stored sends and runs
messages.py   texts
"""
