"""The page *Reviews*: waiting for me, requested by me, all.

queue.py   the requests that wait for a person; the count in the menu
splits.py  split before and after each request
rows.py    rows of the list
views.py   the page and its filters
"""
