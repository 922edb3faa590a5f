"""Requests one by one: search, a request's page, the live log.

coverage.py         How many of the last requests are listed, by reason
filter_chips.py     The filters of invocations and live logs as links
invocation_row.py   An invocation as pages and live logs show it
invocations.py      The list of invocations, of one Worker or of all, and the trace of one
live_log_filter.py  Which rows of a live log one viewer wants
live_log_page.py    A Worker's live log
live_log_socket.py  The live log's WebSocket
search.py           Which invocations a page asks for
trace.py            One request and the Workers it led to
urls.py             Addresses of invocations and live logs
waterfall.py        When each hop of a trace ran, as bars
"""
