"""Suites and their runs of the API below `/api/`.

runs.py    Runs of suites
suites.py  Suites
"""
