"""Which version a version key gets, over the percentages.

explorer.py  Which version each key has now and at every step
views.py     Affinity explorer
"""
