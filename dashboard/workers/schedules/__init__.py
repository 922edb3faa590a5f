"""The Schedules tab of a Worker: its cron triggers, *Run now*, and its last runs.

views.py     the page, its forms, one run
context.py   what they show
messages.py  texts: refusals, and how a run ended
"""
