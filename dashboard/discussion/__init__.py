"""Discussion about a Worker's deployments: threads, hand-overs, attention.

pins.py          what a thread is about: a version, a step, a check, a chart minute, …  (pure)
mentions.py      @names in a text                                                      (pure)
markdown.py      comments as safe HTML
models.py        threads, comments and their edits, hand-overs, attention, looks
threads.py       opens, answers, edits, deletes and resolves threads
watch.py         hand-over, needs attention, looked at
queries.py       threads of the page
page_context.py  context of the page
record.py        threads for a release record
messages.py      notices of its forms
views.py         the Conversation tab
"""
