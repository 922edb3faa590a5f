"""Requests of a Worker at Cloudflare as they come: by a tail of all requests, and stored logs.

rows.py     One row a request, with its sources (pure)
context.py  What the page shows
views.py    The page; its rows read themselves again every 2 seconds
urls.py
"""
