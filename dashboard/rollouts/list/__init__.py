"""The list of all rollouts.

query.py  filters and order: those that need a person first
views.py  the page
"""
