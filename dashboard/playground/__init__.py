"""The playground: which version answers a request, and why; predicted, then proved by the log.

compose.py  what a person typed → one request, or what is wrong with it
predict.py  what the edge's own rules say about it beforehand
send.py     the request, to an edge's proof listener on loopback and nowhere else
proof.py    the edge's log line about it, against the prediction
explain.py  the decision on the control plane's rows (also `manage.py explain`)
views.py    the page
"""
