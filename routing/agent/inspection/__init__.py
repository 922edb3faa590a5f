"""Tries a new version before it is stored.

inspection.py    checks an upload by running it
trial_run.py     the two runs of workerd
runtime_date.py  the newest compatibility date of the installed workerd
"""
