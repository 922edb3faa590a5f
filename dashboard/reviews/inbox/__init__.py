"""The inbox *Reviews*: what waits for me, what I asked for, everything.

queue.py   which requests wait for a person; the number in the menu
splits.py  before and after as bars
rows.py    what the list shows, in a constant number of queries
views.py   the page; its filters are in its address
"""
