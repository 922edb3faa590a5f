"""The audit trail as people use it; `routing/trail/` writes and seals it.

entry_filter.py  which entries: text, kind, subject, request id, days; one for page, API and CLI
entry_facts.py   what was before and after, as names and values
activity.py      the page
export.py        the same entries as CSV or JSON lines, streamed
middleware.py    one request id for all that a request does; refused attempts are recorded
refusals.py      what is recorded of a refused attempt, and how many of them
push.py          sends sealed entries to a signed webhook, at least once
upkeep.py        seals entries without a seal, deletes expired ones; run by `dashboard.work`
models.py        how far the push has come
messages.py      what `manage.py audit` prints
"""
