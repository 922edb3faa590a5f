"""The connection to the control plane: snapshots, modules, reports.

client.py           the protocol
content.py          what is fetched by its hash
edge_record.py      what the control plane answers about this edge
module_cache.py     modules on disk, by hash
status_reporter.py  reports, and `status.json`
sync.py             fetches new snapshots
"""
