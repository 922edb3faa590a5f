"""Which zones there are, and which URLs lead to which Worker.

zones.py      zones of the setting and of the table
changes.py    add, replace and remove routes and custom domains
refusals.py   why a change was refused
listed.py     the URLs of a Worker, and the one to show first
reached.py    the Worker that a URL leads to
published.py  what edges get of them
"""
