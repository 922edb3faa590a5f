"""Which version a version key gets, over the percentages.

views.py     the page, its CSV and its check on an edge
explorer.py  where each key is now and at every step (pure)
"""
