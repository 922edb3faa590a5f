"""A separate user for each process that runs a version, so that none can touch another.

ranges.py     ranges of user ids (`SLUICE_EDGE_UIDS`) that exist in this namespace
isolation.py  what this machine allows: a user per version, one for all, or only the agent's
claims.py     assigns a free id to a process
peers.py      which process is at the other end of a Unix socket
"""
