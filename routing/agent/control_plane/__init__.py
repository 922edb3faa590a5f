"""The connection to the dashboard: the snapshot, modules, reports.

client.py        The control plane as the agent sees it
module_cache.py  Modules on disk, by the hash of their content
reporter.py      Tells what has changed
sync.py          Keeps up with the control plane
"""
