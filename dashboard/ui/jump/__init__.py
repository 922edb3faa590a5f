"""The palette, Ctrl K.

palette.py   Results for what was typed
verbs.py     The verbs: for one Worker, and general
matching.py  Scores and spelling
"""
