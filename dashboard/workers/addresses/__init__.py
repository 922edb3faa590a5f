"""Addresses of Workers: routes and custom domains on the Settings page, and the zones.

rows.py      what the Settings page lists
views.py     adds and removes routes and custom domains
zones.py     the Zones page
"""
