"""A part of Analytics Engine's SQL as SQL for SQLite. Pure.

translate.py    one SELECT of one dataset
expressions.py  what it selects, filters and groups by
functions.py    functions by name
typed.py        pieces of SQL with their parameters and types
"""
