"""Pushes to open pages. Pushing only: rooms above render their own fragments.

channel/    WebSockets and the channel layer: broadcast, tasks, database threads, allowed origins
pages/      Fragments of open pages: who views what, one rendering for all, presence
logs/       Live logs: subscriptions, fan-out of invocations, one row as HTML
models.py   Pages and logs that are open now, and `wrangler tail` sessions
sockets.py  URLs of the sockets; static/js is their other end
signals.py  Signals that make pages update
"""
