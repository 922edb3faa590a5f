"""The connection to the control plane: snapshots, modules, reports.

client.py           the protocol
module_cache.py     modules on disk, by hash
status_reporter.py  reports, and `status.json`
sync.py             fetches new snapshots
"""
