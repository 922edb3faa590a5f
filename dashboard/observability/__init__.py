"""What the versions did: counts from the edges, kept by minute, hour and day, and their charts.

A batch of counts comes from an edge (`wire`), is checked to be the next one (`sequence`, pure) and
is added to all three rollups at once (`ingest`, `rollup`). Pages read them through `traffic`,
`recent`, `before` (a roll back) and `health`; `series` and `charts` (pure) turn them into drawings.

Single requests: `invocations` lists what a `search` names; `trace` relates the Workers that one
request led to, and `waterfall` (pure) draws them; `log_page` and `log_socket` are the live log.
"""
