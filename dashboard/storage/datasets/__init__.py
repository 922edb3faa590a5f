"""Datasets of Analytics Engine.

datasets.py      query, count and delete data points, in the state process
sql/             the SQL that the API and the page accept, as SQLite's (pure)
formats.py       results as JSON, JSON lines and tab-separated text (pure)
page_context.py  the page of a dataset
views.py         the page; queries
messages.py      texts
"""
