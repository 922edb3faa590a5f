"""The processes that store in memory for this edge's Workers: one each, started when it is used.

on_demand_process.py    starts a process at the first request to its socket, and again after it ends
cache_process.py        responses, for the Cache API
rate_limits_process.py  counts, for rate limiting bindings
"""
