"""The list of Workers.

rows.py    Its rows, in a constant number of queries
query.py   Filters, order and pages, from the query string
search.py  Which Workers a search matches
"""
