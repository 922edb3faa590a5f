"""Console lines and exceptions of versions: collected, redacted, sent on.

collector.py   Takes what the version processes say about their requests and keeps it on disk
               until shipped
detail.py      What runtime/tail.js sends, as details for the control plane
rate_level.py  How much the version processes should say for now (`runtime/tail.js` knows the
               levels)
redact.py      What the outside may see of a request and of what a Worker said about it
shipper.py     Ships details (`tailitems`) to the control plane
"""
