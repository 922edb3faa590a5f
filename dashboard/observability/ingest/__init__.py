"""What edges send, stored, counted and pushed to open live logs.

A log line's way: `dashboard.edges.protocol.views` receives a batch; `access_log` decodes it, masks
secrets and stores its rows in one transaction with `counts`; `live_log_push` renders rows of
watched Workers (`requests.invocation_row`) and hands them to `dashboard.live.logs.fanout`.

access_log.py     Access-log rows: stored, counted, pushed
worker_logs.py    Console lines and exceptions of Workers: stored, pushed
live_log_push.py  Access-log rows for open live logs
batch_body.py     The body of a batch: size, gzip, JSON
counts.py         Counts of a batch, exactly once; gaps
batch_order.py    Is this batch the next one? Pure
batch_schema.py   Counts as the agent sends them (`routing.agent.access_log.request_counts`
                  and `.ship` are the other end)
source_maps.py    Stacks of exceptions, from the bundle to the sources
rollup.py         Adds counts to the rollups of minute, hour and day at once
partitions.py     Requests by day, on PostgreSQL
retention.py      Deletes old counts and old requests; run by `dashboard.work`
"""
