"""The list of all rollouts: its filters, its order and its pages.

query.py  which rollouts an address asks for, those that need a person first
views.py  the page
"""
