"""A new version tried before it is stored.

inspection.py  An upload is checked by really running it
trial_run.py   Two throw-away runs of workerd, for an inspection
"""
