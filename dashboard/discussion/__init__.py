"""What a team writes about a Worker's deployment: threads, a hand-over, what needs attention.

pins.py       what a thread is about: a version, a step, a check, a chart minute, … (pure)
mentions.py   @names in a text (pure); markdown.py renders it, sanitized
models.py     threads, comments and their earlier texts, hand-overs, attention, who looked
threads.py    opening, replying, editing, deleting, resolving
watch.py      hand-over and take over, needs attention, looked at
queries.py    what the page lists; record.py the same for a release record
views.py      the Conversation tab
"""
