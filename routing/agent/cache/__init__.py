"""The process that stores responses for the Cache API of this edge's Workers.

cache_process.py  starts it at the first request to its socket, and again after it ends
"""
