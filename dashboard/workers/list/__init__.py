"""The list of Workers.

query.py   The list of Workers
rows.py    The rows of the list of Workers, in a number of queries that does not grow with
           them
search.py  Which Workers a search means
"""
