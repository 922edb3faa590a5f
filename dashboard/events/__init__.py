"""Cron events of Workers: when they are due, where they run, and what became of them.

due.py       which schedules are due at a moment; the task of `manage.py work`
start.py     one event: picks the version by the split, and an edge
outcomes.py  how an event can end, and the next edge for one that nothing took
rows.py      the agents' end, for `dashboard.edges.protocol`: take an event, store its answer
upkeep.py    events that no edge took or answered; retention

An event is a row (`routing.models.WorkerEvent`), unique for each schedule and minute, so it runs
once however many processes and edges there are. Draws and the time are arguments.
"""
