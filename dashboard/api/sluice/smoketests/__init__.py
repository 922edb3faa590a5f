"""Suites under `/api/`.

suites.py  suites
runs.py    runs
"""
