"""One run of a suite, by its parts; run.py begins and ends it.

jobs.py        what is sent: each check through each edge, with overrides and stored secrets
exchange.py    one check through one edge: sent, judged, compared with stable; no database
collector.py   results saved as they come, each with the edge's log line as its proof
scripts.py     script checks: run by command only, counted by a run of the page for an hour
acceptance.py  a difference that a person marked as expected
retention.py   how long runs and their evidence are stored
"""
