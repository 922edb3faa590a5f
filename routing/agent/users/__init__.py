"""A user of its own for each process with somebody's code in it, so that none can touch another.

ranges      which user ids: `SLUICE_EDGE_UIDS`, and what this machine's user namespace maps
isolation   what is possible here: own users, one user for all, or only the agent's
claims      one id for one process, never one that still belongs to a living process
peers       who is at the other end of a Unix socket, as the kernel says
"""
