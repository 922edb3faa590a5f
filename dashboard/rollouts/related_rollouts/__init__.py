"""Rollouts of Workers that call each other by service binding: failures of one can count in both.

queries.py   finds the running ones
messages.py  the warning
"""
