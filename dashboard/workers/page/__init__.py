"""A Worker's page, a version's page, both histories.

views.py          The pages and the menus of a Worker and a version
context.py        Context of the Worker page, also for pushes
history_views.py  All versions and all deployments, page by page; one deployment
"""
