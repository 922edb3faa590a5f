"""Checks from saved requests, curl commands, HAR recordings and YAML files, seen before saved.

candidates.py    a check before it is saved, with notes on what was left out
from_request.py  a composed request (also a curl command) → a check                       (pure)
from_har.py      a HAR recording → checks                                                 (pure)
sources.py       the four sources of the page: what was given → checks, or what is wrong
views.py         the page: give, look, save
"""
