"""Durable Objects: the page of their namespaces. Workers make and delete those, by migrations.

reported.py        how many objects edges have, and their size
worker_objects.py  those of one Worker
page_context.py    what the page shows
views.py           the page
"""
