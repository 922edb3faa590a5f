"""Counts that edges send, into minutes, hours and days; old rows are removed.

batch_order.py   Is this batch the next one? Pure
batch_schema.py  Counts as the agent sends them (`routing.agent.access_log.request_counts`
                 and `.ship` are the other end)
ingest.py        A batch of counts from an edge
rollup.py        Adds counts to the rollups of minute, hour and day at once, so that all are
                 always up to date
retention.py     Deletes old counts and old requests; run by `dashboard.work`
"""
