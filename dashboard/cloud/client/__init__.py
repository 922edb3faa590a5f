"""The client of Cloudflare's API: one call at a time, within a budget, errors by kind.

calls.py     `CloudClient`: a method per call
request.py   one request with its errors; base URLs
budget.py    300 calls in 5 minutes per token, and what Cloudflare says is left (pure)
spending.py  the budget in the database, shared by all processes
values.py    what answers hold, frozen; parsed here (pure)
errors.py    `CloudError` and its kinds
"""
